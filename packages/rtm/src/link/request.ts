import type { SignalingRequest } from '@housecount/protocol';

/** A request before it has its id. */
export type RequestBody = SignalingRequest extends infer R
  ? R extends { readonly id: number }
    ? Omit<R, 'id'>
    : never
  : never;

/** Why a request has no `ok`: the server said no, said nothing in time, or the socket went away. */
export type RequestEnd =
  | { readonly why: 'refused'; readonly code: number; readonly reason: string }
  | { readonly why: 'timeout' | 'lost' };
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  constructor(readonly end: RequestEnd) {
    super(end.why);
  }
}
