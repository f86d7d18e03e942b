import type { ChannelChange, MembershipChange } from '../../channel/decision.ts';
import { type ChannelRecord, type LogRecord, recordOf } from './record.ts';
import { type StoredType, storedKindOf, storedTypeOf } from './stored-types.ts';

/**
 * Records as they are written: JSON, UTF-8, one object each. A change of a live channel stands there as it is; one of a
 * channel of signaling in an object that names its channel.
 */
type StoredRecord = MembershipChange | StoredSignaling | WholeRecord;

/** What is about no single channel stands there as it is. */
type WholeRecord = Exclude<LogRecord, ChannelRecord>;

interface StoredSignaling {
  readonly type: 'signaling';
  readonly app: string;
  readonly channelType: StoredType;
  readonly channel: string;
  readonly atMs: number;
  readonly change: ChannelChange;
}

/** The subject of each type of record. */
const subjects = {
  'channel-opened': 'live',
  'channel-closed': 'live',
  'member-joined': 'live',
  'member-left': 'live',
  'role-changed': 'live',
  'link-silent': 'live',
  'link-live': 'live',
  'token-renewed': 'live',
  'person-known': 'live',
  'streams-set': 'live',
  signaling: 'signaling',
  message: 'whole',
  'messages-erased': 'whole',
  'media-watched': 'whole',
  'account-key': 'whole',
  'account-mapped': 'whole',
  'rule-set': 'whole',
  'rule-deleted': 'whole',
  'node-up': 'whole',
  'node-lost': 'whole',
  blind: 'whole',
  'absent-shown': 'whole',
} as const satisfies Record<StoredRecord['type'], 'live' | 'signaling' | 'whole'>;

type About<Subject> = {
  [Type in keyof typeof subjects]: (typeof subjects)[Type] extends Subject ? Type : never;
}[keyof typeof subjects];
const isAbout = <Subject extends 'live' | 'signaling' | 'whole'>(
  record: StoredRecord,
  subject: Subject,
): record is Extract<StoredRecord, { readonly type: About<Subject> }> => subjects[record.type] === subject;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encodeRecord = (record: LogRecord): Uint8Array =>
  encoder.encode(JSON.stringify(toStored(record)));

/** The engine has checked the bytes' checksum; they are what encodeRecord made. Throws if this server does not know the type. */
export const decodeRecord = (payload: Uint8Array): LogRecord =>
  fromStored(JSON.parse(decoder.decode(payload)) as StoredRecord);

function toStored(record: LogRecord): StoredRecord | ChannelChange {
  if (record.type !== 'channel') return record;
  const { key, change } = record;
  const { app, kind, name: channel } = key;
  if (kind === 'live') return change;
  const { atMs } = change;
  return { type: 'signaling', app, channelType: storedTypeOf(kind), channel, atMs, change };
}

function fromStored(stored: StoredRecord): LogRecord {
  if (isAbout(stored, 'live')) {
    const { app, channel: name } = stored;
    return recordOf({ app, kind: 'live', name }, stored);
  }
  if (isAbout(stored, 'signaling')) {
    const { app, channelType, channel: name, change } = stored;
    return recordOf({ app, kind: storedKindOf(channelType), name }, change);
  }
  if (isAbout(stored, 'whole')) return stored;
  throw new Error(`a record of type ${(stored as { readonly type: string }).type} is not known`);
}
