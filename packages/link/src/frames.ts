import type { LeaseTerms } from '@housecount/protocol';

/** The terms of every server's first frame: the silence that it allows, and the interval at which it wants to hear from the client, milliseconds. */
export interface Welcome extends LeaseTerms {
  readonly pingMs: number;
}

/** The last words of a server: why it closes, whether the client may come back, and when at the earliest, milliseconds from now. */
export interface Closing {
  readonly message: string;
  readonly retry: boolean;
  readonly retryAfterMs?: number;
}

/** A server's no to a request; without an id it is about no request, and before a welcome about the hello. */
export interface Refusal {
  readonly id?: number;
}

/**
 * The frames of one surface of the server. Both surfaces have the types `welcome`, `ping`, `pong`, `ok` and `closing` in common; here
 * stands what else is in them, and what a hello, a request, a goodbye and a refusal are.
 */
export interface Frames {
  readonly hello: object;
  /** A request before it has its id. */
  readonly request: object;
  readonly goodbye: object;
  readonly welcome: Welcome;
  readonly ok: { readonly id: number };
  readonly refusal: Refusal;
  readonly closing: Closing;
  /** Whatever else the server says. */
  readonly frame: object;
}

/** The frames of `F` that are answered, as they are before they have their id. */
export type BodyOf<F> = F extends { readonly id: number } ? Omit<F, 'id'> : never;

/** The differences between the frames of the two surfaces. */
export interface Dialect<F extends Frames> {
  /** The `type` of a refusal. */
  readonly refusalType: string;
  /** The most bytes of a frame that the server takes. It ends the session of a client that sends a longer one. */
  readonly frameBytesMax: number;
  /** The refusal of a request that is longer: it is not sent. */
  refuseLong(request: F['request']): Omit<F['refusal'], 'id' | 'type'>;
}

/** True when the text has more bytes than `bytesMax` as UTF-8. A UTF-16 unit makes at most three: only texts near the limit are encoded. */
export function isLongerThan(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && new TextEncoder().encode(text).length > bytesMax;
}

/** The frame in a socket's data: an object with a `type`; undefined for anything else. */
export function parseFrame(data: unknown): { readonly type: string } | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== 'object' || value === null) return undefined;
    return typeof (value as { type?: unknown }).type === 'string' ? (value as { type: string }) : undefined;
  } catch {
    return undefined;
  }
}
