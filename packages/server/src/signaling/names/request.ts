import type { SignalingClientFrame } from '@housecount/protocol';
import type { RateKind } from '../session/rates/rates.ts';
import type { Session } from '../session/session.ts';
import type { SignalingAnswer } from './answer.ts';
import { type ChannelKey, type ChannelPlace, keyOf as keyOfPlace } from './channel-key.ts';
import type { Need } from './need.ts';

/** A frame that is answered by `ok` or `refused` with its id. */
export type Request = Exclude<SignalingClientFrame, { type: 'login' | 'ping' | 'logout' }>;
export type RequestOf<Type extends Request['type']> = Extract<Request, { type: Type }>;

/** `afterOk` runs once the `ok` was sent. `later`: the session answers when it is time. */
export type Answer = (SignalingAnswer & { readonly afterOk?: () => void }) | { readonly later: true };

/** One kind of request. */
export interface RequestLine<Type extends Request['type']> {
  /** The permission that the request needs of a token that has lists of them. */
  readonly need: (frame: RequestOf<Type>, userId: string) => Need | 'nothing';
  /** The rate that the request counts against; `own`: it has a rate of its own, which `handle` takes. */
  readonly rate: RateKind | 'own';
  readonly handle: (session: Session, frame: RequestOf<Type>) => Answer | Promise<Answer>;
}

/** One line for each kind of request: a kind without a line does not compile. */
export type RequestTable = { readonly [Type in Request['type']]: RequestLine<Type> };

/** The lines of some kinds. */
export type RequestLines<Type extends Request['type']> = Pick<RequestTable, Type>;

/** The channel that a user names. */
export const keyOf = (session: Session, place: ChannelPlace): ChannelKey => keyOfPlace(session.app.id, place);
