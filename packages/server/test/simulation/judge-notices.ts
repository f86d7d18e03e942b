import type { LostRange } from '@housecount/protocol';
import type { LogRecord } from '../../src/log/record/record.ts';
import type { Endpoint, NoticeFormat } from '../../src/notify/endpoint/endpoint.ts';
import { eventOf } from '../../src/notify/notice/channel-events.ts';
import type { GivenUp } from '../../src/notify/progress/given-up-journal.ts';
import { type Told, toldOf } from './told.ts';

/**
 * The faults in what one receiver was told. The judge folds what it got by (sid, seq); a hole is allowed only where the
 * server itself says that it gave the notice up, and gives it out when asked; or that it was lost, and says it to this
 * receiver: then its rosters are nobody's to judge.
 */
export function judgeNotices(
  { id: receiver, format }: Pick<Endpoint, 'id' | 'format'>,
  received: readonly Told[],
  { givenUp, lost }: { readonly givenUp: readonly GivenUp[]; readonly lost: readonly LostRange[] },
  records: readonly LogRecord[],
): {
  readonly rosters: ReadonlyMap<string, ReadonlySet<number>> | undefined;
  readonly wrong: readonly string[];
} {
  const wrong: string[] = [];
  const events = new Map<string, Told>();
  for (const record of records) {
    const event = eventOf(record);
    if (event) events.set(`${event.sid} ${event.seq}`, toldOf(event, format));
  }
  const told = new Map<string, Told>();
  const idOf = new Map<string, string>();
  for (const notice of [...received, ...givenUp.map(({ event }) => toldOf(event, format))]) {
    const key = `${notice.sid} ${notice.seq}`;
    const known = idOf.get(notice.noticeId) ?? key;
    if (known !== key) wrong.push(`${receiver}: one noticeId for ${known} and ${key}: ${notice.noticeId}`);
    idOf.set(notice.noticeId, key);
    const before = told.get(key);
    if (before && before.noticeId !== notice.noticeId) {
      wrong.push(`${receiver}: ${key} told as ${before.noticeId} and as ${notice.noticeId}`);
    }
    if (!before && events.get(key)?.text !== notice.text) {
      wrong.push(`${receiver}: ${key} was told and is not, or not so, in the log: ${notice.text}`);
    }
    told.set(key, before ?? notice);
  }
  const isLost = judgeLost(lost, events, receiver, wrong);
  for (const [key, event] of events)
    if (!told.has(key) && !isLost(event)) wrong.push(`${receiver}: never told of ${key}`);
  // What was let go while it was under way cannot be called back: it may arrive after what came next.
  const inOrder = received.filter((notice) => !isLost(notice));
  judgeOrder(inOrder, receiver, format, wrong);
  if (lost.length > 0) return { rosters: undefined, wrong };
  return { rosters: fold([...told.values()], receiver, wrong), wrong };
}

/** Judges reports of lost events: each must be of a life that there was, and within it. */
function judgeLost(
  lost: readonly LostRange[],
  events: ReadonlyMap<string, Told>,
  receiver: string,
  wrong: string[],
): (event: Pick<Told, 'sid' | 'seq'>) => boolean {
  for (const { sid, fromSeq, toSeq } of lost)
    if (fromSeq > toSeq || !events.has(`${sid} ${fromSeq}`) || !events.has(`${sid} ${toSeq}`))
      wrong.push(`${receiver}: told that ${sid} ${fromSeq} to ${toSeq} is lost, which never was`);
  return ({ sid, seq }) =>
    lost.some((range) => range.sid === sid && range.fromSeq <= seq && seq <= range.toSeq);
}

/** Judges the order: within one member of a channel, in `batch` within the whole channel, notices come in the order of their events. */
function judgeOrder(
  received: readonly Told[],
  receiver: string,
  format: NoticeFormat,
  wrong: string[],
): void {
  const lastOf = new Map<string, number>();
  const seen = new Set<string>();
  for (const { sid, seq, uid } of received) {
    const isOrdered = uid !== undefined || format === 'batch';
    if (!isOrdered || seen.has(`${sid} ${seq}`)) continue;
    seen.add(`${sid} ${seq}`);
    const member = format === 'batch' ? sid : `${sid} ${uid}`;
    if (seq < (lastOf.get(member) ?? 0))
      wrong.push(`${receiver}: ${sid} ${seq} of ${uid} was told out of order`);
    lastOf.set(member, seq);
  }
}

/** Rosters by channel, from notices alone. */
function fold(notices: readonly Told[], receiver: string, wrong: string[]): Map<string, Set<number>> {
  const lives = new Map<string, Told[]>();
  for (const notice of notices) lives.set(notice.sid, [...(lives.get(notice.sid) ?? []), notice]);
  const rosters = new Map<string, Set<number>>();
  for (const [sid, life] of lives) {
    life.sort((a, b) => a.seq - b.seq);
    const members = new Set<number>();
    for (const [at, { change, seq, uid }] of life.entries()) {
      if (seq !== at + 1) wrong.push(`${receiver}: a hole in ${sid} before ${seq}`);
      if (change === 'joined') members.add(uid ?? -1);
      if (change === 'left') members.delete(uid ?? -1);
    }
    const last = life.at(-1);
    if (last && last.change !== 'closed') {
      if (rosters.has(last.channel)) wrong.push(`${receiver}: two open sids of one channel`);
      rosters.set(last.channel, members);
    }
  }
  return rosters;
}
