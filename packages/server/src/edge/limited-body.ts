/**
 * The request with its body read into memory; `too-large` if that is more than `bytesMax`; `broken-off` if the peer went away
 * before its end, or sent what HTTP does not allow. A declared length is believed only when it is too large; what comes is counted.
 */
export async function withLimitedBody(
  request: Request,
  bytesMax: number,
): Promise<Request | 'too-large' | 'broken-off'> {
  if (request.body === null) return request;
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) return 'too-large';
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  for (;;) {
    // Nothing but the peer can make this fail.
    const part = await reader.read().catch(() => undefined);
    if (part === undefined) return 'broken-off';
    const { done, value } = part;
    if (done) break;
    length += value.byteLength;
    if (length > bytesMax) {
      await reader.cancel();
      return 'too-large';
    }
    chunks.push(value);
  }
  const { url, method, headers, signal } = request;
  return new Request(url, { method, headers, signal, body: Buffer.concat(chunks, length) });
}
