import { eventsLostType, type NoticeType } from '@housecount/protocol';

const names: Readonly<Record<NoticeType | typeof eventsLostType, string>> = {
  101: 'channel create',
  102: 'channel destroy',
  103: 'host join',
  104: 'host leave',
  105: 'audience join',
  106: 'audience leave',
  107: 'user join',
  108: 'user leave',
  111: 'became host',
  112: 'became audience',
  [eventsLostType]: 'events lost',
};

/** One line for a person: time, what, where, who, and the order and count after it. Absent fields are left out. */
export function noticeLine({ eventType, atMs, payload }: ShownNotice): string {
  const { channelName, uid, account, reason, duration, seq, count, fromSeq, toSeq } = payload;
  const who = uid === undefined ? '' : account === undefined ? `uid ${uid}` : `uid ${uid} (${account})`;
  const why = reason === undefined ? '' : `reason ${reason} after ${duration ?? 0} s`;
  return [
    new Date(atMs).toISOString().slice(11, 23),
    String(eventType),
    (Object.hasOwn(names, eventType) ? names[eventType as NoticeType] : '').padEnd(15),
    channelName ?? '',
    seq === undefined ? '' : `seq ${seq}`,
    fromSeq === undefined ? '' : `seq ${fromSeq} to ${toSeq}`,
    count === undefined ? '' : `count ${count}`,
    who,
    why,
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** A notice in the `agora` format, of whatever type. */
export interface ShownNotice {
  readonly eventType: number;
  /** When it happened, epoch milliseconds. */
  readonly atMs: number;
  readonly payload: Readonly<Record<string, unknown>>;
}
