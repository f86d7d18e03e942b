/**
 * Connections to a server whose certificate was made on the spot (`serve --lan`): the only place that knows how this
 * runtime is told not to check it.
 */

/** Options of fetch. */
export const fetchOptions = (insecure: boolean): RequestInit =>
  (insecure ? { tls: { rejectUnauthorized: false } } : {}) as RequestInit;

/** Opens a WebSocket. */
export function openSocket(url: string, insecure: boolean): WebSocket {
  if (!insecure) return new WebSocket(url);
  // Bun takes an options object where the standard has the sub-protocols.
  const options: object = { tls: { rejectUnauthorized: false } };
  return new WebSocket(url, options as unknown as string[]);
}
