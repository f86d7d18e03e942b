import { leaveReasons, type NoticeType, noticeTypes, platforms } from '@housecount/protocol';
import { heardOf } from './heard.ts';
import type { Heard } from './life.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The numbers that each type of the `standard` format may stand for. */
const numbersOf: Readonly<Record<string, readonly NoticeType[]>> = {
  'channel.opened': [noticeTypes.channelCreate],
  'channel.closed': [noticeTypes.channelDestroy],
  'member.joined': [noticeTypes.broadcasterJoin, noticeTypes.audienceJoin, noticeTypes.communicationJoin],
  'member.left': [noticeTypes.broadcasterLeave, noticeTypes.audienceLeave, noticeTypes.communicationLeave],
  'role.changed': [noticeTypes.becameBroadcaster, noticeTypes.becameAudience],
};

/**
 * A notice in the `standard` format, as the `agora` notice of the same event: a capture may hold copies in both, and they are compared.
 * undefined if it is none.
 */
export function heardOfStandard(value: Fields): { notice: Heard; app: string } | undefined {
  const { id, type, time, app, channel, sid, seq, count, data } = value;
  const numbers = typeof type === 'string' && Object.hasOwn(numbersOf, type) ? numbersOf[type] : undefined;
  const atMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (!numbers || typeof id !== 'string' || !isObject(data) || !Number.isFinite(atMs)) return undefined;
  // The number ends the id, which is the same in every format.
  const eventType = numbers.find((number) => id.endsWith(`:${number}`));
  if (eventType === undefined) return undefined;
  const left = type === 'member.left' ? stayOf(data) : undefined;
  const payload = {
    channelName: channel,
    ts: left?.ts ?? Math.floor(atMs / 1000),
    seq,
    count,
    ...given({ lastUid: data.lastUid, uid: data.uid, clientSeq: data.clientSeq }),
    ...given({ account: data.account, userId: data.userId }),
    ...deviceOf(eventType, data),
    ...(type === 'member.left' &&
      given({ reason: numberIn(leaveReasons, data.reason), duration: left?.duration })),
  };
  const heard = heardOf({ sid, noticeId: id, eventType, payload });
  return heard && { notice: heard.notice, app: typeof app === 'string' ? app : '' };
}

/** Agora's format has the platform of joins and leaves only, and the client type of one platform, outside of communication. */
function deviceOf(eventType: NoticeType, { platform, clientType }: Fields): Fields {
  if (eventType >= noticeTypes.becameBroadcaster || eventType <= noticeTypes.channelDestroy) return {};
  const isCommunication =
    eventType === noticeTypes.communicationJoin || eventType === noticeTypes.communicationLeave;
  const hasClientType = platform === 'linux' && !isCommunication;
  return given({
    platform: numberIn(platforms, platform),
    clientType: hasClientType ? clientType : undefined,
  });
}

/** When a member that left was there last, and for how long, as Agora's format counts it: in whole seconds of the clock. */
function stayOf({ joinedTime, durationMs }: Fields): { ts: number; duration: number } | undefined {
  const joinedMs = typeof joinedTime === 'string' ? Date.parse(joinedTime) : Number.NaN;
  if (!Number.isFinite(joinedMs) || typeof durationMs !== 'number') return undefined;
  const ts = Math.floor((joinedMs + durationMs) / 1000);
  return { ts, duration: ts - Math.floor(joinedMs / 1000) };
}

function numberIn(table: Readonly<Record<string, number>>, name: unknown): number | undefined {
  return typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Without what is undefined: an absent field is not the same as an empty one when copies are compared. */
const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
