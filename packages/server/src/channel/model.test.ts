import { expect, test } from 'bun:test';
import { type ChannelEvent, evidences } from '@housecount/protocol';
import fc from 'fast-check';
import { SlowModel } from '../../testing/models/slow-channel.ts';
import { TestChannel } from '../../testing/models/test-channel.ts';
import type { ChannelCommand } from './command.ts';
import { type ChannelRecord, isMark } from './decision.ts';
import { due } from './due.ts';
import { evolve } from './evolve.ts';
import { channelFromLines, channelToLines, linesAfterHeader } from './snapshot.ts';
import { type ChannelState, closedChannel } from './state.ts';

/** Sequences in one run; HOUSECOUNT_SEED replays the one that fast-check printed. */
const runs = 10_000;
const seed = process.env.HOUSECOUNT_SEED === undefined ? {} : { seed: Number(process.env.HOUSECOUNT_SEED) };

const startMs = 1_700_000_000_000;
const limits = { membersMax: 4, hostsMax: 2 };

/** Few of everything, so that commands meet; times are relative, and become absolute when the command is asked. */
const uid = fc.integer({ min: 1, max: 5 });
const connectionId = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const role = fc.constantFrom('broadcaster' as const, 'audience' as const);
const aheadMs = fc.option(fc.integer({ min: -2, max: 60 }), { nil: undefined });
const evidence = fc.constantFrom(...evidences);

type Ask = (nowMs: number, newSid: string) => ChannelCommand;
const at = (nowMs: number, offsetMs: number | undefined) =>
  offsetMs === undefined ? {} : { tokenEndsMs: nowMs + offsetMs };

const join: fc.Arbitrary<Ask> = fc
  .record({
    connectionId,
    connectionKind: fc.constantFrom('rtc' as const, 'whip' as const, 'whep' as const),
    uid,
    role,
    profile: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(undefined, 'live' as const) },
      { weight: 1, arbitrary: fc.constant('communication' as const) },
    ),
    platform: fc.constant(7),
    leaseMs: fc.constantFrom(10, 20),
    aheadMs,
    former: fc.option(connectionId, { nil: undefined }),
    publishMs: fc.option(fc.integer({ min: -2, max: 60 }), { nil: undefined, freq: 1 }),
  })
  .map(({ aheadMs: ahead, profile, former, publishMs, ...rest }): Ask => {
    const named = {
      ...(profile !== undefined && { profile }),
      ...(former !== undefined && { formerConnectionId: former }),
    };
    return (nowMs, newSid) => {
      const publish = publishMs === undefined ? {} : { publish: { audioEndsMs: nowMs + publishMs } };
      return { type: 'join', ...rest, ...named, ...publish, ...at(nowMs, ahead), newSid };
    };
  });

const ask: fc.Arbitrary<Ask> = fc.oneof(
  { weight: 8, arbitrary: join },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('leave' as const), connectionId, evidence }).map(
      (c): Ask =>
        () =>
          c,
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('set-role' as const), connectionId, role }).map(
      (c): Ask =>
        () =>
          c,
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(connectionId, fc.integer({ min: -2, max: 25 }), evidence).map(
      ([id, agoMs, by]): Ask =>
        (nowMs) => ({ type: 'silent', connectionId: id, lastHeardMs: nowMs - agoMs, evidence: by }),
    ),
  },
  {
    weight: 2,
    arbitrary: connectionId.map(
      (id): Ask =>
        () => ({ type: 'heard', connectionId: id }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(connectionId, aheadMs).map(
      ([id, ahead]): Ask =>
        (nowMs) => ({ type: 'resume', connectionId: id, ...at(nowMs, ahead) }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(connectionId, aheadMs).map(
      ([id, ahead]): Ask =>
        (nowMs) => ({ type: 'renew-token', connectionId: id, ...at(nowMs, ahead) }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 5, max: 15 })).map(
      ([agoMs, recoveryMs]): Ask =>
        (nowMs) => ({ type: 'recover', lastAliveMs: nowMs - agoMs, recoveryMs }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ uid, connectionIds: fc.array(connectionId, { maxLength: 3 }) }, { requiredKeys: [] })
      .map(
        (scope): Ask =>
          () => ({ type: 'kick', ...scope }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 30 }).map(
      (blindMs): Ask =>
        () => ({ type: 'blind', blindMs }),
    ),
  },
  { weight: 4, arbitrary: fc.constant<Ask>(() => ({ type: 'tick' })) },
);
const script = fc.array(fc.tuple(fc.nat(8), ask), { minLength: 5, maxLength: 40 });

test('CHAN1-CHAN22: the channel does what the slow model does', () => {
  fc.assert(
    fc.property(script, (steps) => {
      const channel = new TestChannel(limits);
      const model = new SlowModel(limits);
      let nowMs = startMs;
      for (const [index, [laterMs, make]] of steps.entries()) {
        nowMs += laterMs;
        const command = make(nowMs, `S${index}`);
        const answer = channel.ask(nowMs, command);
        const refused: string | undefined = typeof answer === 'string' ? answer : undefined;
        expect(refused).toBe(model.ask(nowMs, command));
        if (['resume', 'heard', 'silent', 'recover', 'blind', 'renew-token'].includes(command.type)) {
          const own = typeof answer === 'string' ? [] : answer;
          // Whatever event such a command carries is somebody's end that was due before it.
          for (const record of own) expect(isMark(record) || isEnding(record)).toBe(true);
        }
        expect(due(channel.state)).toBe(model.due());
        expect(whoIsIn(channel.state)).toEqual(model.people.map(asSeen));
      }
      checkEvents(channel.records, model);
      checkFold(channel.records, channel.state, steps.length);
    }),
    { numRuns: runs, ...seed },
  );
}, 120_000);

const isEnding = (record: ChannelRecord): boolean =>
  record.type === 'channel-closed' ||
  (record.type === 'member-left' && (record.reason === 'timeout' || record.reason === 'token'));

/** Somebody as both sides can tell it. */
type Seen = readonly (string | number | undefined)[];

function whoIsIn(state: ChannelState): Seen[] {
  if (state.sid === undefined) return [];
  expect(state.hosts).toBe([...state.roster.broadcasters()].length);
  return Array.from(state.roster, (member) => {
    const { uid, role, connectionId, joinedMs, link, tokenEndsMs } = member;
    expect(state.roster.get(uid)).toBe(member);
    expect(state.roster.getByConnection(connectionId)).toBe(member);
    const silence =
      link.state === 'live' ? [] : [link.lastHeardMs, link.noticedMs, link.evidence, link.leaseEndsMs];
    return [uid, role, connectionId, joinedMs, tokenEndsMs ?? Number.POSITIVE_INFINITY, ...silence];
  });
}

function asSeen({
  uid,
  role,
  connectionId,
  joinedMs,
  tokenEndsMs,
  silence,
}: SlowModel['people'][number]): Seen {
  const { heardMs, noticedMs, evidence: by, endsMs } = silence ?? {};
  return [
    uid,
    role,
    connectionId,
    joinedMs,
    tokenEndsMs,
    ...(silence ? [heardMs, noticedMs, by, endsMs] : []),
  ];
}

function lineOf(event: ChannelEvent): string {
  switch (event.type) {
    case 'channel-opened':
      return `opened ${event.profile}`;
    case 'channel-closed':
      return `closed ${event.lastUid}`;
    case 'member-joined':
      return `joined ${event.uid} ${event.role} ${event.count}`;
    case 'role-changed':
      return `role ${event.uid} ${event.role} ${event.count}`;
    case 'member-left': {
      const { uid: who, role: as, reason, evidence: by, lastHeardMs, noticedMs, count } = event;
      return `left ${who} ${as} ${reason} ${by} ${lastHeardMs} ${noticedMs} ${count}`;
    }
  }
}

/** What a reader that sees only the events can hold the channel to. */
function checkEvents(records: readonly ChannelRecord[], model: SlowModel): void {
  const events = records.filter((record): record is ChannelEvent => !isMark(record));
  expect(events.map(lineOf)).toEqual(model.said);
  const clientSeqs = new Map<number, number>();
  const inside = new Set<number>();
  const sids = new Set<string>();
  let previous: ChannelEvent | undefined;
  for (const event of events) {
    if (!previous || previous.type === 'channel-closed') {
      expect(event.type).toBe('channel-opened');
      expect(event.seq).toBe(1);
      expect(sids.has(event.sid)).toBe(false);
      sids.add(event.sid);
    } else {
      expect(event.sid).toBe(previous.sid);
      expect(event.seq).toBe(previous.seq + 1);
      expect(event.type).not.toBe('channel-opened');
      expect(event.atMs).toBeGreaterThanOrEqual(previous.atMs);
    }
    if ('uid' in event) {
      expect(event.clientSeq).toBeGreaterThan(clientSeqs.get(event.uid) ?? 0);
      expect(event.clientSeq).toBeGreaterThanOrEqual(event.atMs);
      clientSeqs.set(event.uid, event.clientSeq);
      expect(inside.has(event.uid)).toBe(event.type !== 'member-joined');
      if (event.type === 'member-joined') inside.add(event.uid);
      if (event.type === 'member-left') inside.delete(event.uid);
    }
    expect(event.count).toBe(inside.size);
    previous = event;
  }
}

/** Replaying all, or a snapshot from the middle and the rest, gives the state. */
function checkFold(records: readonly ChannelRecord[], state: ChannelState, salt: number): void {
  const empty: ChannelState = closedChannel('app', 'x');
  const middle = records.length === 0 ? 0 : salt % records.length;
  const half = records.slice(0, middle).reduce<ChannelState>(evolve, empty);
  const lines = [...channelToLines(half)];
  expect(linesAfterHeader(lines[0] ?? '')).toBe(lines.length - 1);
  const read = channelFromLines(lines);
  expect([...channelToLines(read)]).toEqual(lines);
  const replayed = records.slice(middle).reduce<ChannelState>(evolve, read);
  expect([...channelToLines(replayed)]).toEqual([...channelToLines(state)]);
  expect(due(replayed)).toBe(due(state));
}
