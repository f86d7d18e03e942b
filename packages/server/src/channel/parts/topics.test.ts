import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { apply } from '../apply.ts';
import { type Channel as Aggregate, emptyChannel, isForgettable } from '../channel.ts';
import type { ChannelCommand } from '../command.ts';
import { evolve } from '../evolve.ts';
import { evolveShared } from '../shared-change.ts';

const limits = {
  membersMax: 4,
  hostsMax: 0,
  linksMax: 0,
  transactionMembersMax: 1_000,
  statesMax: 2,
  metadataBytesMax: 20,
  metadataItemsMax: 9,
  locksMax: 2,
  topicsMax: 2,
  publishersMax: 5,
};
const key = { app: 'app', kind: 'stream', name: 'x' } as const;

/** A stream channel, and how many changes made it. */
class Channel {
  state: Aggregate = emptyChannel(key);
  changes = 0;

  ask(nowMs: number, command: ChannelCommand): string | undefined {
    const decision = apply(this.state, command, nowMs, limits);
    if ('refused' in decision) return decision.refused;
    this.changes += decision.changes.length;
    this.state = decision.changes.reduce(evolve, this.state);
    return undefined;
  }

  /** The server starts again. */
  restart(atMs: number): void {
    const node = { node: 'main', incarnation: 'one', on: 1, wasLast: true } as const;
    const loss = { type: 'node-lost', atMs, lastAliveMs: atMs, leaseEndsMs: atMs + 50, ...node } as const;
    this.state = evolveShared(this.state, loss);
  }

  /** Pairs of a member and a topic. */
  get count(): number {
    return this.state.sid === undefined ? 0 : this.state.publishers.count;
  }

  /** The publishers, as `uid/topic=meta`. */
  get publishers(): string[] {
    if (this.state.sid === undefined) return [];
    return Array.from(this.state.publishers.byUid.values(), ({ uid, topics }) =>
      Object.entries(topics).map(([topic, meta]) => `${uid}/${topic}=${meta}`),
    ).flat();
  }
}

const join = (uid: number): ChannelCommand => ({
  type: 'join',
  connectionId: `s${uid}`,
  connectionKind: 'signaling',
  uid,
  role: 'audience',
  platform: 0,
  leaseMs: 100,
  newSid: 'S1',
});
const begin = (uid: number, topic: string, meta = ''): ChannelCommand => ({
  type: 'join-topic',
  connectionId: `s${uid}`,
  topic,
  meta,
});
const end = (uid: number, topic: string): ChannelCommand => ({
  type: 'leave-topic',
  connectionId: `s${uid}`,
  topic,
});

test('SIG62: a member publishes in topics; what changes nothing makes no record; the limits have names', () => {
  const channel = new Channel();
  expect(channel.ask(1, begin(1, 'a'))).toBe('not_joined');
  for (const uid of [1, 2, 3]) channel.ask(1, join(uid));
  expect(channel.ask(2, begin(1, 'a', 'm'))).toBeUndefined();
  const { changes } = channel;
  expect(channel.ask(3, begin(1, 'a', 'm'))).toBeUndefined();
  expect(channel.changes).toBe(changes);
  expect(channel.ask(3, begin(1, '__proto__'))).toBeUndefined();
  expect(channel.ask(3, begin(1, 'b'))).toBe('topics_full');
  expect(channel.ask(3, begin(1, 'a', 'n'))).toBeUndefined();
  expect(channel.publishers).toEqual(['1/__proto__=', '1/a=n']);
  for (const topic of ['a', 'b']) expect(channel.ask(4, begin(2, topic))).toBeUndefined();
  expect(channel.ask(4, begin(3, 'a'))).toBeUndefined();
  expect(channel.ask(4, begin(3, 'b'))).toBe('publishers_full');
  expect(channel.ask(5, end(3, 'b'))).toBe('topic_not_joined');
  expect(channel.ask(5, end(2, 'b'))).toBeUndefined();
  expect(channel.ask(5, begin(3, 'b'))).toBeUndefined();
  expect(channel.count).toBe(5);
});

test('SIG62: leaving, a timeout, another session and a kick end what a member publishes', () => {
  const channel = new Channel();
  for (const uid of [1, 2, 3, 4]) {
    channel.ask(1, join(uid));
    channel.ask(1, begin(uid, 't'));
  }
  channel.ask(2, { type: 'leave', connectionId: 's1', evidence: 'bye' });
  channel.ask(3, { type: 'silent', connectionId: 's2', lastHeardMs: 3, evidence: 'silence' });
  channel.ask(4, { ...join(3), connectionId: 'other device' } as ChannelCommand);
  expect(channel.publishers).toEqual(['2/t=', '4/t=']);
  channel.ask(103, { type: 'tick' });
  channel.ask(104, { type: 'kick', uid: 4 });
  expect(channel.publishers).toEqual([]);
  expect(channel.count).toBe(0);
  channel.ask(105, { type: 'leave', connectionId: 'other device', evidence: 'bye' });
  expect(isForgettable(channel.state)).toBe(true);
});

const uid = fc.integer({ min: 1, max: 4 });
const topic = fc.constantFrom('a', 'b', 'c');
type Ask = { readonly afterMs: number; readonly command: (nowMs: number) => ChannelCommand | 'restart' };
const ask: fc.Arbitrary<Ask> = fc.record({
  afterMs: fc.nat(40),
  command: fc.oneof(
    uid.map((who) => () => join(who)),
    fc.tuple(uid, topic, fc.constantFrom('', 'm')).map((of) => () => begin(...of)),
    fc.tuple(uid, topic, fc.constantFrom('', 'm')).map((of) => () => begin(...of)),
    fc.tuple(uid, topic).map((of) => () => end(...of)),
    uid.map((who) => (): ChannelCommand => ({ type: 'leave', connectionId: `s${who}`, evidence: 'bye' })),
    uid.map(
      (who) =>
        (nowMs: number): ChannelCommand => ({
          type: 'silent',
          connectionId: `s${who}`,
          lastHeardMs: nowMs,
          evidence: 'silence',
        }),
    ),
    uid.map((who) => (): ChannelCommand => ({ type: 'heard', connectionId: `s${who}` })),
    fc.constant((): 'restart' => 'restart'),
    fc.constant((): ChannelCommand => ({ type: 'tick' })),
  ),
});

test('SIG62: whatever happens, who publishes is what a slow model says, and all of them are members', () => {
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 80 }), (asks) => {
      const channel = new Channel();
      /** The topics of members and their metadata, by uid. */
      let model = new Map<number, Map<string, string>>();
      let nowMs = 1;
      for (const { afterMs, command } of asks) {
        nowMs += afterMs;
        const asked = command(nowMs);
        // Members who have run out by now are out, before anything else.
        if (asked === 'restart') {
          channel.restart(nowMs);
          continue;
        }
        channel.ask(nowMs, { type: 'tick' });
        const isIn = (who: number) =>
          channel.state.sid !== undefined && channel.state.roster.get(who) !== undefined;
        model = new Map([...model].filter(([who]) => isIn(who)));
        const count = [...model.values()].reduce((sum, topics) => sum + topics.size, 0);
        const refused = channel.ask(nowMs, asked);
        if (asked.type === 'join-topic' || asked.type === 'leave-topic') {
          const who = Number(asked.connectionId.slice(1));
          const own = model.get(who) ?? new Map<string, string>();
          const has = own.has(asked.topic);
          const expected = !isIn(who)
            ? 'not_joined'
            : asked.type === 'leave-topic'
              ? has
                ? undefined
                : 'topic_not_joined'
              : has
                ? undefined
                : own.size >= limits.topicsMax
                  ? 'topics_full'
                  : count >= limits.publishersMax
                    ? 'publishers_full'
                    : undefined;
          expect(refused).toBe(expected);
          if (!refused && asked.type === 'join-topic') model.set(who, own.set(asked.topic, asked.meta));
          else if (!refused) own.delete(asked.topic);
        }
        model = new Map([...model].filter(([who, topics]) => isIn(who) && topics.size > 0));
        const said = [...model].flatMap(([who, topics]) =>
          [...topics].map(([name, meta]) => `${who}/${name}=${meta}`),
        );
        expect(channel.publishers.sort()).toEqual(said.sort());
        expect(channel.count).toBe(said.length);
      }
    }),
    { numRuns: 500 },
  );
});
