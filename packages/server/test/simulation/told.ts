import type {
  AgoraEventsLost,
  AgoraNotice,
  ChannelEvent,
  LostRange,
  StandardBatch,
  StandardNotice,
} from '@housecount/protocol';
import { eventsLostType, toAgoraNotice, toStandardNotice } from '@housecount/protocol';
import type { NoticeFormat } from '../../src/notify/endpoint/endpoint.ts';

/** The content of one notice, whatever its format. */
export interface Told {
  readonly noticeId: string;
  readonly channel: string;
  readonly sid: string;
  readonly seq: number;
  readonly change: 'joined' | 'left' | 'closed' | 'other';
  readonly uid: number | undefined;
  /** All of it, without its time of sending. */
  readonly text: string;
}

/** Reads the body of a request: its notices in order, and what it says is lost. */
export function toldBy(
  body: string,
  format: NoticeFormat,
): { readonly notices: readonly Told[]; readonly lost: readonly LostRange[] } {
  const notices: Told[] = [];
  const lost: LostRange[] = [];
  if (format === 'agora') {
    const notice: AgoraNotice | AgoraEventsLost = JSON.parse(body);
    if (notice.eventType !== eventsLostType) notices.push(fromAgora(notice));
    else lost.push(lostOf({ ...notice.payload, channel: notice.payload.channelName, sid: notice.sid }));
    return { notices, lost };
  }
  const found: StandardBatch = format === 'batch' ? JSON.parse(body) : [JSON.parse(body)];
  for (const notice of found) {
    if (notice.type !== 'events.lost') notices.push(fromStandard(notice));
    else lost.push(lostOf({ ...notice.data, channel: notice.channel, sid: notice.sid }));
  }
  return { notices, lost };
}

function lostOf({ channel, sid, fromSeq, toSeq }: Partial<LostRange>): LostRange {
  // In the simulation every loss names its channel and its life.
  if (channel === undefined || sid === undefined || fromSeq === undefined || toSeq === undefined)
    throw new Error('events were lost, and nobody says which');
  return { channel, sid, fromSeq, toSeq };
}

/** The content that the notice of `event` would have. */
export function toldOf(event: ChannelEvent, format: NoticeFormat): Told {
  if (format === 'agora')
    return fromAgora(toAgoraNotice(event, { notifyMs: 0, communicationEvents: '107/108' }));
  return fromStandard(toStandardNotice(event, '107/108'));
}

function fromAgora({ notifyMs: _, ...notice }: AgoraNotice): Told {
  const { noticeId, sid, eventType, payload } = notice;
  const { channelName: channel, seq, uid } = payload;
  return { noticeId, channel, sid, seq, change: changeOf(eventType), uid, text: JSON.stringify(notice) };
}

function changeOf(eventType: number): Told['change'] {
  if (eventType === 103 || eventType === 105) return 'joined';
  if (eventType === 104 || eventType === 106) return 'left';
  return eventType === 102 ? 'closed' : 'other';
}

const changes = { 'member.joined': 'joined', 'member.left': 'left', 'channel.closed': 'closed' } as const;

function fromStandard(notice: StandardNotice): Told {
  const { id: noticeId, channel, sid, seq, type, data } = notice;
  const change = type === 'channel.opened' || type === 'role.changed' ? 'other' : changes[type];
  return {
    noticeId,
    channel,
    sid,
    seq,
    change,
    uid: 'uid' in data ? data.uid : undefined,
    text: JSON.stringify(notice),
  };
}
