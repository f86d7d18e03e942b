import type { LeaseTerms } from '@housecount/protocol';

/** What every server says in its first frame: the silence that it allows, and how often it wants to hear from the client, milliseconds. */
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

/** Those of the frames `F` that are answered, as they are before they have their id. */
export type BodyOf<F> = F extends { readonly id: number } ? Omit<F, 'id'> : never;

/** How the frames of one surface differ from those of the other. */
export interface Dialect<F extends Frames> {
  /** The `type` of a refusal. */
  readonly refusalType: string;
  /** Bytes of the longest frame that the server takes. It ends the session of whoever sends a longer one. */
  readonly frameBytesMax: number;
  /** The answer to a request that is longer: it is not sent. */
  refuseLong(request: F['request']): Omit<F['refusal'], 'id' | 'type'>;
}

/** Whether the text has more bytes than that as UTF-8. A character is at most three: only texts near the limit are counted. */
export function isLongerThan(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && new TextEncoder().encode(text).length > bytesMax;
}

/** The frame in what a socket gave: an object with a `type`. Undefined of anything else. */
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
