import {
  eventsLostType,
  leaveReasons,
  noticeTypes,
  platforms,
  type StandardBatch,
} from '@housecount/protocol';
import { rangeOf, roleOfType } from './agora-notice.ts';
import { type Notice, NoticeError } from './notice.ts';
import {
  type Fields,
  isHealthTest,
  type NamesIn,
  nameOf,
  numberOf,
  objectOf,
  optional,
  stringOf,
  timeOf,
  wholeOf,
} from './notice-fields.ts';

type Body = Fields<NamesIn<StandardBatch[number]>>;
type Data = Fields<NamesIn<StandardBatch[number]['data']>>;

/**
 * A notice in the `standard` format, read as the `agora` notice of the same event would be. Throws NoticeError, also for a sid, seq
 * or uid that no server sends: what a batch brings is taken whole or not at all.
 */
export function readStandardNotice(body: Body): Notice {
  const type = stringOf(body, 'type');
  const id = nameOf(body, 'id');
  const data: Data = objectOf(body.data, 'data');
  const { channel } = body;
  const base = {
    noticeId: id,
    productId: 1,
    notifyMs: undefined,
    app: optional(body, 'app', stringOf),
    payload: data,
    healthTest: isHealthTest(channel, data),
  };
  if (type === 'events.lost') return { ...base, ...lostOf(body, data) };
  const eventTypes = Object.hasOwn(eventTypesOf, type) ? eventTypesOf[type] : undefined;
  const eventType = eventTypeOf(id, eventTypes ?? [], data);
  if (!eventTypes)
    return {
      ...base,
      kind: 'unknown',
      eventType,
      sid: optional(body, 'sid', stringOf),
      seq: optional(body, 'seq', numberOf),
      count: optional(body, 'count', numberOf),
    };
  const event = {
    ...base,
    eventType,
    sid: nameOf(body, 'sid'),
    seq: wholeOf(body, 'seq', 1),
    count: wholeOf(body, 'count', 0),
    channelName: nameOf(body, 'channel'),
    ts: Math.floor(timeOf(body, 'time') / 1000),
  };
  if (type === 'channel.opened') return { ...event, kind: 'channel-created' };
  if (type === 'channel.closed')
    return { ...event, kind: 'channel-destroyed', lastUid: optional(data, 'lastUid', numberOf) };
  const role = roleOf(data);
  const member = {
    ...event,
    uid: wholeOf(data, 'uid', 0, 0xffffffff),
    account: optional(data, 'account', stringOf),
    userId: optional(data, 'userId', stringOf),
    clientSeq: numberOf(data, 'clientSeq'),
    // In the communication profile, which the number tells, nobody has a role.
    role: roleOfType[eventType] ?? role,
  };
  if (type === 'role.changed') return { ...member, kind: 'role-changed' };
  const device = {
    platform: numberNamed(platforms, data.platform),
    clientType: optional(data, 'clientType', numberOf),
  };
  if (type === 'member.joined') return { ...member, ...device, kind: 'joined' };
  const stay = stayOf(data);
  return {
    ...member,
    ...device,
    ...(stay && { ts: stay.ts }),
    kind: 'left',
    reason: numberNamed(leaveReasons, data.reason),
    durationSeconds: stay?.durationSeconds,
  };
}

/** When a member that left was there last, and for how long, as Agora's format counts it: in whole seconds of the clock. */
function stayOf(data: Data): { readonly ts: number; readonly durationSeconds: number } | undefined {
  const joinedMs = optional(data, 'joinedTime', timeOf);
  const durationMs = optional(data, 'durationMs', numberOf);
  if (joinedMs === undefined || durationMs === undefined) return undefined;
  const ts = Math.floor((joinedMs + durationMs) / 1000);
  return { ts, durationSeconds: ts - Math.floor(joinedMs / 1000) };
}

/** The numbers that the words stand for; of a member, the first for a broadcaster and the second for one of the audience. */
const eventTypesOf: Readonly<Record<string, readonly number[]>> = {
  'channel.opened': [noticeTypes.channelCreate],
  'channel.closed': [noticeTypes.channelDestroy],
  'member.joined': [noticeTypes.broadcasterJoin, noticeTypes.audienceJoin, noticeTypes.communicationJoin],
  'member.left': [noticeTypes.broadcasterLeave, noticeTypes.audienceLeave, noticeTypes.communicationLeave],
  'role.changed': [noticeTypes.becameBroadcaster, noticeTypes.becameAudience],
};

/** The number at the end of the id, which is the same in every format; when that does not fit, the number for the role. */
function eventTypeOf(id: string, fitting: readonly number[], data: Data): number {
  const last = Number(/:(\d{1,4})$/.exec(id)?.[1] ?? 0);
  if (fitting.length === 0 || fitting.includes(last)) return last;
  const [broadcaster = 0, audience = broadcaster] = fitting;
  return data.role === 'audience' ? audience : broadcaster;
}

function lostOf(body: Body, data: Data) {
  const isOfChannel = body.channel !== undefined;
  const fromMs = optional(data, 'fromTime', timeOf);
  const toMs = optional(data, 'toTime', timeOf);
  return {
    kind: 'events-lost' as const,
    eventType: eventsLostType,
    sid: isOfChannel ? nameOf(body, 'sid') : undefined,
    seq: undefined,
    count: undefined,
    channelName: isOfChannel ? nameOf(body, 'channel') : undefined,
    ...rangeOf(data, isOfChannel),
    events: optional(data, 'events', numberOf),
    fromTs: fromMs === undefined ? undefined : Math.floor(fromMs / 1000),
    toTs: toMs === undefined ? undefined : Math.floor(toMs / 1000),
    ts: Math.floor(timeOf(body, 'time') / 1000),
  };
}

function roleOf({ role }: Data): 'broadcaster' | 'audience' {
  if (role === 'broadcaster' || role === 'audience') return role;
  throw new NoticeError('In a notice, role must be broadcaster or audience.');
}

/** The number of a name in a table; undefined for names that are not in it. */
function numberNamed(table: Readonly<Record<string, number>>, name: unknown): number | undefined {
  return typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
}
