import { liveKey } from '../channel/channel.ts';
import {
  type MaySend,
  maySend,
  neverEndsMs,
  type PublishRights,
  type SendRefusal,
} from '../channel/membership/rights.ts';
import type { Channels } from '../log/contract/channels.ts';
import type { Bans } from '../log/contract/rules.ts';
import type { EdgeApp } from '../token/edge-app.ts';
import type { TokenGrant } from '../token/verify.ts';

/** The kinds that the token allows to publish; undefined if the app does not hold publishing to tokens. */
export function rightsOf(app: EdgeApp, { privileges }: TokenGrant): PublishRights | undefined {
  if (!app.coHostAuthentication) return undefined;
  const endMs = (endsMs: number) => Math.min(endsMs, neverEndsMs);
  const audio = privileges.get('publishAudio');
  const video = privileges.get('publishVideo');
  return {
    ...(audio !== undefined && { audioEndsMs: endMs(audio) }),
    ...(video !== undefined && { videoEndsMs: endMs(video) }),
  };
}

/** The same of a member, by the token that it brought last. */
export const rightsOfMember = (
  log: Pick<Channels, 'channel'>,
  app: EdgeApp,
  { channel, uid }: { readonly channel: string; readonly uid: number },
): PublishRights | undefined =>
  app.coHostAuthentication
    ? (log.channel(liveKey(app.id, channel))?.roster.get(uid)?.publish ?? {})
    : undefined;

/** The kinds that a member with these rights may send now from this address. */
export const maySendNow = (
  log: Bans,
  app: EdgeApp,
  from: { readonly channel: string; readonly uid: number; readonly ip: string },
  rights: PublishRights | undefined,
  nowMs: number,
): MaySend =>
  maySend({ rights, isBanned: (privilege) => log.banned(app.id, from, privilege) !== undefined }, nowMs);

/** A sentence for who is refused. */
export const refusalDetail = (code: SendRefusal, kind: 'audio' | 'video'): string =>
  code === 'banned' ? `The rule is about publish_${kind}.` : `The token does not allow publishing ${kind}.`;
