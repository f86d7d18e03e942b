import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { emptyState } from '../../../testing/worlds/log-world.ts';
import { type ChannelKey, liveKey } from '../../channel/channel.ts';
import type { ChannelCommand, JoinCommand } from '../../channel/command.ts';
import { decideCommand } from '../decide/command.ts';
import { decideJoin } from '../decide/join.ts';
import { decideMessage } from '../decide/message.ts';
import { decideStart } from '../nodes/start.ts';
import { decodeRecord, encodeRecord } from '../record/codec.ts';
import type { LogRecord } from '../record/record.ts';
import { stateFromLines, stateToLines } from '../snapshot/snapshot.ts';
import type { Draft } from './draft.ts';
import type { LogState } from './state.ts';

const app = '0123456789abcdef0123456789abcdef';
const startMs = 1_700_000_000_000;
const random = new SimRandom(3);

/** A start, and what comes with the first record after it. */
function started(draft: Draft, nowMs: number, agoMs: number) {
  const start = { lastAliveMs: nowMs - agoMs, recoveryMs: 15 };
  const decided = decideStart(draft, start, nowMs);
  const up = {
    type: 'node-up',
    atMs: nowMs,
    node: 'main',
    incarnation: 'x',
    on: draft.nodes.last + 1,
  } as const;
  return { ok: true, records: [...(decided.ok ? decided.records : []), up] };
}

/** Something that is decided in a batch. */
type Act = (draft: Draft, nowMs: number) => { readonly ok: boolean; readonly records?: readonly LogRecord[] };

const key = fc.constantFrom<ChannelKey>(
  liveKey(app, 'a'),
  liveKey(app, 'b'),
  { app, kind: 'message', name: 'a' },
  { app, kind: 'stream', name: 'a' },
);
const who = fc.integer({ min: 1, max: 4 });
const connectionOf = ({ kind }: ChannelKey, uid: number) => (kind === 'live' ? `c${uid}` : `s${uid}`);

const join = fc.tuple(key, who, fc.boolean(), fc.boolean()).map(
  ([of, uid, hasAccount, ends]): Act =>
    (draft, nowMs) =>
      decideJoin(
        draft,
        {
          key: of,
          identity: hasAccount ? { account: `user ${uid}` } : { uid },
          connectionId: connectionOf(of, uid),
          connectionKind: of.kind === 'live' ? 'rtc' : 'signaling',
          role: 'audience',
          platform: 7,
          leaseMs: 10,
          ip: '',
          ...(ends && { tokenEndsMs: nowMs + 20 }),
        },
        random,
        nowMs,
        draft.nodes.last,
      ),
);
const asked = fc
  .tuple(
    key,
    who,
    fc.constantFrom('leave', 'silent', 'heard', 'resume', 'tick', 'kick', 'set', 'remove', 'lock', 'acquire'),
  )
  .map(([of, uid, what]): Act => {
    const connectionId = connectionOf(of, uid);
    const metadata = { type: 'change-metadata', majorRevision: -1, author: 'ann', lockName: '' } as const;
    const more = { addTimeStamp: false, addUserId: false } as const;
    return (draft, nowMs) => {
      const commands: Record<typeof what, Exclude<ChannelCommand, JoinCommand>> = {
        leave: { type: 'leave', connectionId, evidence: 'bye' },
        silent: { type: 'silent', connectionId, lastHeardMs: nowMs - 1, evidence: 'silence' },
        heard: { type: 'heard', connectionId },
        resume: { type: 'resume', connectionId, on: draft.nodes.last },
        tick: { type: 'tick' },
        kick: { type: 'kick' },
        set: { ...metadata, ...more, mode: 'set', items: [{ key: 'k', value: 'v', revision: -1 }] },
        remove: { ...metadata, ...more, mode: 'remove', items: [] },
        lock: { type: 'set-lock', name: 'l', ttlMs: 10, by: 'ann' },
        acquire: { type: 'acquire-lock', name: 'l', by: 'ann' },
      };
      const isOfSignaling = ['set', 'remove', 'lock', 'acquire'].includes(what);
      if (isOfSignaling && of.kind === 'live') return { ok: false };
      return decideCommand(draft, of, commands[what], nowMs);
    };
  });
/** Messages of one conversation in one moment have each its own time, ahead of the log's. */
const message = fc.constant<Act>((draft, nowMs) =>
  decideMessage(
    draft,
    { app, channelType: 'MESSAGE', channel: 'm', publisher: 'ann', content: { text: 'x' } },
    nowMs,
  ),
);
const restart = fc.nat(30).map(
  (agoMs): Act =>
    (draft, nowMs) =>
      started(draft, nowMs, agoMs),
);
const shared = fc.constantFrom<Act>(
  (_, atMs) => ({ ok: true, records: [{ type: 'blind', atMs, blindMs: 7 }] }),
  (_, atMs) => ({ ok: true, records: [{ type: 'absent-shown', atMs }] }),
);
const act = fc.oneof(
  { weight: 8, arbitrary: join },
  { weight: 10, arbitrary: asked },
  { weight: 2, arbitrary: message },
  { weight: 1, arbitrary: restart },
  { weight: 1, arbitrary: shared },
);
const batches = fc.array(fc.tuple(fc.nat(6), fc.array(act, { minLength: 1, maxLength: 5 })), {
  minLength: 3,
  maxLength: 25,
});

test('LOG45, LOG57: drafts, a replay from the beginning and a replay from any snapshot come to the same state', async () => {
  await fc.assert(
    fc.asyncProperty(batches, fc.nat(), async (all, salt) => {
      const state = emptyState();
      const records: LogRecord[] = [];
      const snapshotAt = salt % all.length;
      let nowMs = startMs;
      let taken = { lines: [] as string[], after: 0 };
      for (const [index, [laterMs, acts]] of all.entries()) {
        if (index === snapshotAt) taken = { lines: [...stateToLines(state, startMs)], after: records.length };
        nowMs += laterMs;
        const draft = state.draft();
        for (const each of acts) {
          const { records: own = [] } = each(draft, nowMs);
          for (const record of own) draft.absorb(record);
          records.push(...own);
        }
        draft.commit();
      }
      const expected = seen(state, nowMs);
      const replayed = emptyState();
      for (const record of records) replayed.absorb(decodeRecord(encodeRecord(record)));
      expect(seen(replayed, nowMs)).toEqual(expected);
      const restored = emptyState();
      await stateFromLines(restored, linesOf(taken.lines));
      for (const record of records.slice(taken.after)) restored.absorb(record);
      expect(seen(restored, nowMs)).toEqual(expected);
    }),
    { numRuns: 1_500 },
  );
}, 120_000);

test('LOG45: what a closed channel remembers of clientSeqs is forgotten by the first record after they have passed, of whatever channel', () => {
  const state = emptyState();
  const closed = liveKey(app, 'closed');
  const enter = (of: ChannelKey, nowMs: number, act: 'join' | 'leave') => {
    const draft = state.draft();
    const request = {
      key: of,
      identity: { uid: 1 },
      connectionId: of.name,
      connectionKind: 'rtc',
      role: 'audience',
      platform: 7,
      leaseMs: 10,
      ip: '',
    } as const;
    const decided =
      act === 'join'
        ? decideJoin(draft, request, random, nowMs)
        : decideCommand(draft, of, { type: 'leave', connectionId: of.name, evidence: 'bye' }, nowMs);
    for (const record of decided.ok ? decided.records : []) draft.absorb(record);
    draft.commit();
  };
  enter(closed, startMs, 'join');
  enter(closed, startMs, 'leave');
  expect(state.channel(closed).departed.size).toBe(1);
  enter(liveKey(app, 'other'), startMs + 1, 'join');
  expect(state.channel(closed).departed.size).toBe(1);
  enter(liveKey(app, 'another'), startMs + 2, 'join');
  expect(state.channels().map(({ key: of }) => of.name)).toEqual(['other', 'another']);
});

/** All that a state says, in an order of its own. */
function seen(state: LogState, floorMs: number) {
  const lines = [...stateToLines(state, floorMs)];
  const blocks: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = JSON.parse(lines[at] ?? '') as { lines?: number; seen?: { pairs: string } };
    const { lines: more = 0 } = line;
    blocks.push(line.seen ? pairsOf(line.seen.pairs) : lines.slice(at, at + 1 + more).join('\n'));
    at += 1 + more;
  }
  const usage = Object.values(state.usage.all).map((sums) => [...sums].sort());
  return { blocks: blocks.sort(), usage, open: state.usage.open(app) };
}

/** Which uids were seen, without the places that a hash table gave them. */
const pairsOf = (pairs: string): string =>
  (Buffer.from(pairs, 'base64').toString('hex').match(/.{16}/g) ?? []).sort().join();

async function* linesOf(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}
