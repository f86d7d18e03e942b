import { expect, test } from 'bun:test';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { type ChannelKey, liveKey } from '../channel/channel.ts';
import type { KickingRule } from '../channel/rules.ts';
import { fixed } from '../fixed-limits.ts';
import type { CommandOutcome } from '../log/contract/commands.ts';
import type { RuleSet } from '../log/record/record.ts';
import { EdgeKicks, kicksOf } from './edge-kicks.ts';
import { EdgeWords } from './edge-words.ts';

const app = 'app';
const ip = '203.0.113.5';
const made = (over: Partial<KickingRule> = {}): RuleSet => ({
  type: 'rule-set',
  app,
  rule: {
    ...{ id: 1, app, ip, privileges: ['join_channel'], endsMs: 9, createdMs: 1, updatedMs: 1 },
    ...over,
  },
  putsOut: {},
  atMs: 1,
});

/** An edge with connections at the address, in channels of `perChannel` each, over a log that answers when it is told to. */
function begin(connections: number, perChannel: number) {
  const clock = new SimClock();
  const process = clock.process();
  const words = new EdgeWords(process);
  const asked: { readonly key: ChannelKey; readonly ids: readonly string[]; answer(): void }[] = [];
  const errors: unknown[] = [];
  const there = Array.from({ length: connections }, (_, index) => ({
    key: liveKey(app, `channel ${Math.floor(index / perChannel)}`),
    connectionId: `c${index}`,
  }));
  const log = {
    submit(key: ChannelKey, command: { readonly type: string }): Promise<CommandOutcome> {
      const { promise, resolve } = Promise.withResolvers<CommandOutcome>();
      const ids = 'connectionIds' in command ? (command.connectionIds as string[]) : [];
      const changes = [{ type: 'member-left' }];
      asked.push({ key, ids, answer: () => resolve({ ok: true, channel: {}, changes } as never) });
      return promise;
    },
  };
  let found = 0;
  const kicks = new EdgeKicks({
    words,
    clock: process,
    logger: { error: (...line) => errors.push(line) },
    *find(rule) {
      found += 1;
      yield* kicksOf(log, rule, there);
    },
  });
  /** Answers what was asked by now; how many memberships that were. */
  const answers = async (): Promise<number> => {
    const some = asked.splice(0);
    for (const { answer } of some) answer();
    await clock.advance(0);
    return some.reduce((sum, { ids }) => sum + ids.length, 0);
  };
  return { clock, words, kicks, asked, answers, errors, found: () => found };
}

test('LOG92: everybody behind one address is put out, as many at a time as one transaction may hold', async () => {
  for (const perChannel of [1, 7, 2_500, 5_000]) {
    const { clock, words, kicks, answers } = begin(4_000, perChannel);
    kicks.absorb(made());
    const heard = words.heard({ app, id: 1 });
    const slices: number[] = [];
    for (let slice = await answers(); slice > 0; slice = await answers()) slices.push(slice);
    expect(Math.max(...slices)).toBeLessThanOrEqual(fixed.transactionMembersMax);
    expect(slices.reduce((sum, slice) => sum + slice, 0)).toBe(4_000);
    expect(slices.length).toBeLessThanOrEqual(6);
    await clock.advance(0);
    expect(await heard).toBe(Math.ceil(4_000 / perChannel));
  }
});

test('LOG92: nothing is done for a rule that was changed, or that names no address', async () => {
  const { kicks, found, clock } = begin(3, 3);
  const { putsOut: _, ...changed } = made();
  kicks.absorb(changed);
  const { ip: __, ...anywhere } = made().rule;
  kicks.absorb({ ...made(), rule: anywhere });
  kicks.absorb({ type: 'rule-deleted', app, ruleId: 1, atMs: 1 });
  await clock.advance(0);
  expect(found()).toBe(0);
  kicks.absorb(made());
  expect(found()).toBe(1);
});

test('LOG93: an edge that stops finishes what is under way, and nobody waits for its word any more', async () => {
  const { clock, words, kicks, asked, answers } = begin(2_500, 1);
  kicks.absorb(made());
  const heard = words.heard({ app, id: 1 });
  let isStopped = false;
  const stopped = kicks.stop().then(() => {
    isStopped = true;
  });
  await clock.advance(1);
  expect([isStopped, asked.length]).toEqual([false, 1_000]);
  await answers();
  await answers();
  expect(isStopped).toBeFalse();
  expect(await answers()).toBe(500);
  await stopped;
  expect(await heard).toBe(2_500);
});

test('LOG93: what the log does not take is not waited for by an edge that stops, for longer than edgeWordMs', async () => {
  const { clock, words, kicks, asked, answers } = begin(2_500, 1);
  kicks.absorb(made());
  const heard = words.heard({ app, id: 1 });
  let isStopped = false;
  const stopped = kicks.stop().then(() => {
    isStopped = true;
  });
  await clock.advance(fixed.edgeWordMs - 1);
  expect(isStopped).toBeFalse();
  await clock.advance(1);
  await stopped;
  expect(await heard).toBe(0);
  // Nothing further is asked of a log that takes the rest after all.
  await answers();
  expect(asked).toEqual([]);
  await kicks.stop();
});

test('LOG93: an edge that fails at a rule says so to the operator, gives no word, and heeds the next', async () => {
  const clock = new SimClock();
  const words = new EdgeWords(clock.process());
  const errors: unknown[][] = [];
  let isBroken = true;
  const kicks = new EdgeKicks({
    words,
    clock: clock.process(),
    logger: { error: (...line) => errors.push(line) },
    find() {
      if (isBroken) throw new Error('unexpected');
      return [];
    },
  });
  let count: number | undefined;
  void words.heard({ app, id: 1 }).then((heard) => {
    count = heard;
  });
  kicks.absorb(made());
  await clock.advance(0);
  expect([count, errors.length]).toEqual([undefined, 1]);
  isBroken = false;
  kicks.absorb(made({ id: 2 }));
  expect(await words.heard({ app, id: 2 })).toBe(0);
  await clock.advance(fixed.edgeWordMs);
  expect(count).toBe(0);
});
