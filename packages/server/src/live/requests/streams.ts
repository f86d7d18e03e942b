import type { Code, SelectFrame, StreamsFrame } from '@housecount/protocol';
import { allowedOf, refusalToSend } from '../../channel/membership/rights.ts';
import type { Clock } from '../../clock.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Bans } from '../../log/contract/rules.ts';
import type { JoinBudgets } from '../join-budgets.ts';
import { maySendNow, refusalDetail, rightsOfMember } from '../may-send.ts';
import type { Membership } from '../membership.ts';
import type { FanOut } from '../roster/fan-out.ts';
import type { Answer, Requester } from './request.ts';

/** What of one WHEP session shall be forwarded: the media side's answer is a refusal, or nothing. */
export type SelectStreams = (
  connectionId: string,
  session: string,
  selection: Pick<SelectFrame, 'audio' | 'video' | 'layer'>,
) => Code | undefined;

export interface StreamNeeds {
  readonly log: Bans & Pick<Channels, 'channel'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly fanOut: Pick<FanOut, 'streams'>;
  readonly joins: Pick<JoinBudgets, 'takeStreams'>;
}

/** Notes what a broadcaster sends; resolves when that is durable, or cannot be recorded yet, which the looks at its connection make up for. */
export function setStreams(
  { log, clock, fanOut, joins }: StreamNeeds,
  { member, socket }: Requester,
  { audio, video }: StreamsFrame,
): Answer | Promise<Answer> {
  const { app, channel, uid, connectionId } = member;
  const from = { channel, uid, ip: socket.address };
  const may = maySendNow(log, app, from, rightsOfMember(log, app, member), clock.nowMs());
  const refusal = refusalToSend({ audio, video }, may);
  if (refusal) return { code: refusal.code, detail: refusalDetail(refusal.code, refusal.kind) };
  const source = { app: app.id, channel, uid, connectionId };
  return fanOut.streams
    .set(source, { audio, video }, () => joins.takeStreams(connectionId))
    ?.then(() => undefined);
}

/** A privilege may have ended, a rule may be new, or either may be back: what is shown of the member goes as far as it may send. */
export function holdStreams(
  { log, fanOut, joins }: Pick<StreamNeeds, 'log' | 'fanOut' | 'joins'>,
  { app, channel, uid, role, connectionId }: Membership,
  address: string,
  nowMs: number,
): void {
  const source = { app: app.id, channel, uid, connectionId };
  if (role !== 'broadcaster' || !fanOut.streams.has(source)) return;
  const from = { channel, uid, ip: address };
  const may = maySendNow(log, app, from, rightsOfMember(log, app, { channel, uid }), nowMs);
  const allowed = allowedOf({ audio: true, video: true }, may);
  fanOut.streams.hold(source, allowed, () => joins.takeStreams(connectionId));
}
