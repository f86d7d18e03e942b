import type { Code, StreamsFrame } from '@housecount/protocol';
import { allowedOf, refusalToSend } from '../../channel/membership/rights.ts';
import type { Clock } from '../../clock.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Bans } from '../../log/contract/rules.ts';
import { maySendNow, refusalDetail, rightsOfMember } from '../may-send.ts';
import type { Membership } from '../membership.ts';
import type { FanOut } from '../roster/fan-out.ts';
import type { Answer, Requester } from './request.ts';

/** Which kinds of one WHEP session shall be forwarded: the media side's answer is a refusal, or nothing. */
export type SelectStreams = (
  connectionId: string,
  session: string,
  kinds: { readonly audio: boolean; readonly video: boolean },
) => Code | undefined;

export interface StreamNeeds {
  readonly log: Bans & Pick<Channels, 'channel'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly fanOut: Pick<FanOut, 'streams'>;
}

/** Notes what a broadcaster sends. The state is in memory, so this is done at once. */
export function setStreams(
  { log, clock, fanOut }: StreamNeeds,
  { member, socket }: Requester,
  { audio, video }: StreamsFrame,
): Answer {
  const { app, channel, uid, connectionId } = member;
  const from = { channel, uid, ip: socket.address };
  const may = maySendNow(log, app, from, rightsOfMember(log, app, member), clock.nowMs());
  const refusal = refusalToSend({ audio, video }, may);
  if (refusal) return { code: refusal.code, detail: refusalDetail(refusal.code, refusal.kind) };
  fanOut.streams.set({ app: app.id, channel, uid, connectionId }, { audio, video });
  return undefined;
}

/** A privilege may have ended, a rule may be new, or either may be back: what is shown of the member goes as far as it may send. */
export function holdStreams(
  { log, fanOut }: Pick<StreamNeeds, 'log' | 'fanOut'>,
  { app, channel, uid, role, connectionId }: Membership,
  address: string,
  nowMs: number,
): void {
  if (role !== 'broadcaster' || !fanOut.streams.get(app.id, channel, uid)) return;
  const from = { channel, uid, ip: address };
  const may = maySendNow(log, app, from, rightsOfMember(log, app, { channel, uid }), nowMs);
  fanOut.streams.allow(
    { app: app.id, channel, uid, connectionId },
    allowedOf({ audio: true, video: true }, may),
  );
}
