import { accountBytesMax, isAccount, isChannelName, uidMax } from '@housecount/protocol';
import { failure } from '../errors.ts';

/** The checked arguments of join(): a number is a uid, a string an account, and nothing or 0 asks for a number. */
export interface JoinArguments {
  readonly app: string;
  readonly channel: string;
  readonly token?: string;
  readonly uid?: number;
  readonly account?: string;
}

/** Rejects what no server would take, INVALID_PARAMS. An empty token is none. */
export function readJoinArguments(
  app: unknown,
  channel: unknown,
  token: unknown,
  uid: unknown,
): JoinArguments {
  if (typeof app !== 'string' || app === '') throw failure('INVALID_PARAMS', 'the app id must be a string');
  if (!isChannelName(channel))
    throw failure('INVALID_PARAMS', 'the channel name must be 1 to 64 of the legal ASCII characters');
  if (token !== null && token !== undefined && typeof token !== 'string')
    throw failure('INVALID_PARAMS', 'the token must be a string or null');
  return { app, channel, ...(token && { token }), ...readUid(uid) };
}

function readUid(uid: unknown): { uid?: number; account?: string } {
  if (uid === null || uid === undefined || uid === 0) return {};
  if (typeof uid === 'number') {
    if (!Number.isInteger(uid) || uid < 0 || uid > uidMax)
      throw failure('INVALID_PARAMS', 'a number as uid must be whole, from 0 to 4294967295');
    return { uid };
  }
  if (!isAccount(uid))
    throw failure('INVALID_PARAMS', `a string as uid must be 1 to ${accountBytesMax} legal ASCII characters`);
  return { account: uid };
}
