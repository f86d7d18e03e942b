import type { ChannelEvent } from '@housecount/protocol';
import { toAgoraNotice } from '@housecount/protocol';
import type { LogRecord } from '../../src/log/record.ts';
import type { GivenUp } from '../../src/notify/given-up-journal.ts';
import type { Received } from './sim-receiver.ts';

/**
 * What is wrong with what one receiver was told. It folds what it got by (sid, seq); a hole is allowed only where the
 * server itself says that it gave the notice up, and gives it out when asked.
 */
export function judgeNotices(
  receiver: string,
  received: readonly Received[],
  givenUp: readonly GivenUp[],
  records: readonly LogRecord[],
): { readonly rosters: ReadonlyMap<string, ReadonlySet<number>>; readonly wrong: readonly string[] } {
  const wrong: string[] = [];
  const events = new Map<string, Received>();
  for (const record of records) {
    if ('seq' in record) events.set(`${record.sid} ${record.seq}`, noticeOf(record));
  }
  const told = new Map<string, Received>();
  const idOf = new Map<string, string>();
  for (const notice of [...received, ...givenUp.map(({ event }) => noticeOf(event))]) {
    const key = `${notice.sid} ${notice.payload.seq}`;
    const known = idOf.get(notice.noticeId) ?? key;
    if (known !== key) wrong.push(`${receiver}: one noticeId for ${known} and ${key}: ${notice.noticeId}`);
    idOf.set(notice.noticeId, key);
    const before = told.get(key);
    if (before && before.noticeId !== notice.noticeId) {
      wrong.push(`${receiver}: ${key} told as ${before.noticeId} and as ${notice.noticeId}`);
    }
    if (!before && JSON.stringify(events.get(key)) !== JSON.stringify(notice)) {
      wrong.push(`${receiver}: ${key} was told and is not, or not so, in the log: ${JSON.stringify(notice)}`);
    }
    told.set(key, before ?? notice);
  }
  for (const key of events.keys()) if (!told.has(key)) wrong.push(`${receiver}: never told of ${key}`);
  return { rosters: fold([...told.values()], receiver, wrong), wrong };
}

const noticeOf = (event: ChannelEvent): Received => {
  const { notifyMs: _, ...notice } = toAgoraNotice(event, { notifyMs: 0, communicationEvents: '107/108' });
  return notice;
};

/** Rosters by channel, from notices alone. */
function fold(notices: readonly Received[], receiver: string, wrong: string[]): Map<string, Set<number>> {
  const lives = new Map<string, Received[]>();
  for (const notice of notices) lives.set(notice.sid, [...(lives.get(notice.sid) ?? []), notice]);
  const rosters = new Map<string, Set<number>>();
  for (const [sid, life] of lives) {
    life.sort((a, b) => a.payload.seq - b.payload.seq);
    const members = new Set<number>();
    for (const [at, { eventType, payload }] of life.entries()) {
      if (payload.seq !== at + 1) wrong.push(`${receiver}: a hole in ${sid} before ${payload.seq}`);
      if (eventType === 103 || eventType === 105) members.add(payload.uid ?? -1);
      if (eventType === 104 || eventType === 106) members.delete(payload.uid ?? -1);
    }
    const last = life.at(-1);
    if (last && last.eventType !== 102) {
      if (rosters.has(last.payload.channelName)) wrong.push(`${receiver}: two open sids of one channel`);
      rosters.set(last.payload.channelName, members);
    }
  }
  return rosters;
}
