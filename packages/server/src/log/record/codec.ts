import type { ChannelChange, MembershipChange } from '../../channel/decision.ts';
import { type AppRecord, type LogRecord, recordOf } from './record.ts';
import { type StoredType, storedKindOf, storedTypeOf } from './stored-types.ts';

/**
 * Records as they are written: JSON, UTF-8, one object each. A change of a live channel stands there as it is; one of a
 * channel of signaling in an object that names its channel.
 */
type StoredRecord = MembershipChange | StoredSignaling | AppRecord;

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
  signaling: 'signaling',
  message: 'app',
  'messages-erased': 'app',
  'media-watched': 'app',
  'account-key': 'app',
  'account-mapped': 'app',
  'rule-set': 'app',
  'rule-deleted': 'app',
} as const satisfies Record<StoredRecord['type'], 'live' | 'signaling' | 'app'>;

type About<Subject> = {
  [Type in keyof typeof subjects]: (typeof subjects)[Type] extends Subject ? Type : never;
}[keyof typeof subjects];
const isAbout = <Subject extends 'live' | 'signaling' | 'app'>(
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
  if (isAbout(stored, 'app')) return stored;
  throw new Error(`a record of type ${(stored as { readonly type: string }).type} is not known`);
}
