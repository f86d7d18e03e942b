import { RtcRole, RtcTokenBuilder } from 'agora-token';
import type { RTMConfig } from '../../../rtm/src/index.ts';
import { testApp } from '../processes/server-process.ts';
import { type RtmUser, rtmToken, rtmUser } from './rtm-client.ts';

/** Helpers that the tests of the API's tables share: users of a real server, and the code that a call ends with. */

/** Somebody who is logged in. */
export async function loggedIn(url: string, userId: string, config: RTMConfig = {}): Promise<RtmUser> {
  const user = rtmUser(url, userId, config);
  await user.client.login({ token: rtmToken(userId) });
  return user;
}

/** 0 if the call went well, else its code; what has none, as a text. */
export async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return 0;
  } catch (error) {
    return (error as { errorCode?: unknown }).errorCode ?? String(error);
  }
}

/** A token for a stream channel. */
export const streamToken = (userId: string, channel: string): string =>
  RtcTokenBuilder.buildTokenWithUserAccount(
    testApp.id,
    testApp.certificate,
    channel,
    userId,
    RtcRole.SUBSCRIBER,
    600,
    600,
  );

let channels = 0;
/** A name that no other test has. */
export const newChannel = (): string => `table-${++channels}`;
