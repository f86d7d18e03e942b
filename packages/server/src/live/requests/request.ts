import type { ClientFrame, Code } from '@housecount/protocol';
import type { Socket } from '../../net/socket/socket.ts';
import type { Membership } from '../membership.ts';

/** A request is a frame that is answered by `ok` or `error` with its id. */
export type RequestFrame = Exclude<ClientFrame, { type: 'hello' | 'bye' | 'ping' }>;
export type RequestOf<Type extends RequestFrame['type']> = Extract<RequestFrame, { type: Type }>;

/** undefined: done. `afterOk` runs once the `ok` was sent; `nonce` goes with it. */
export type Answer =
  | undefined
  | { readonly code: Code; readonly detail?: string }
  | { readonly nonce: string }
  | { readonly afterOk: () => void };

/** The connection that asks, and its member. */
export interface Requester {
  readonly member: Membership;
  readonly socket: Socket;
  /** Cuts the connection because it reads too slowly. */
  onSlow(): void;
}

/** One kind of request. */
export interface RequestLine<Type extends RequestFrame['type']> {
  /** Why a member may not ask for it at all; undefined: they may. */
  readonly refusal: (member: Membership, frame: RequestOf<Type>) => Code | undefined;
  /** Handles the request. One that may be recorded only so often takes its rate itself, once it is known to be legal. */
  readonly handle: (requester: Requester, frame: RequestOf<Type>) => Answer | Promise<Answer>;
}

/** One line for each kind of request: a kind without a line does not compile. */
export type RequestTable = { readonly [Type in RequestFrame['type']]: RequestLine<Type> };
