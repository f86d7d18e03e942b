import { expect, test } from 'bun:test';
import { emptyState } from '../../testing/worlds/log-world.ts';
import type { ChannelKey } from '../channel/channel.ts';
import type { ChannelCommand, JoinCommand } from '../channel/command.ts';
import { fixed } from '../fixed-limits.ts';
import { limits } from '../limits.ts';
import { decideCommand } from './decide/command.ts';
import { stateFromLines, stateToLines } from './snapshot/snapshot.ts';
import { Draft } from './state/draft.ts';
import type { LogState } from './state/state.ts';
import type { StateView } from './state/state-view.ts';

type Asked = Exclude<ChannelCommand, JoinCommand>;

const app = '0123456789abcdef0123456789abcdef';
const key = (channel: string): ChannelKey => ({ app, kind: 'message', name: channel });

const change = (
  mode: 'set' | 'remove',
  keys: readonly string[],
  value = '',
  over: { author?: string; isOwners?: boolean } = {},
): Asked => ({
  type: 'change-metadata',
  mode,
  items: keys.map((name) => ({ key: name, value, revision: -1 })),
  majorRevision: -1,
  author: 'ann',
  addTimeStamp: false,
  addUserId: false,
  lockName: '',
  ...over,
});
const lock = (type: 'set-lock' | 'acquire-lock' | 'remove-lock'): Asked =>
  type === 'set-lock'
    ? { type, name: 'stage', ttlMs: 10_000, by: 'ann' }
    : { type, name: 'stage', by: 'ann' };

function does(world: LogState, channel: string, request: Asked, view: StateView = world) {
  const decided = decideCommand(view, key(channel), request, 1_000);
  if (decided.ok) for (const record of decided.records) world.absorb(record);
  return decided;
}

test('SIG130: the metadata and locks of an app are counted as they come, change and go', () => {
  const world = emptyState();
  does(world, 'one', change('set', ['topic'], '語'));
  does(world, 'two', change('set', ['a', 'b'], 'xy'));
  expect(world.usage.keptBytes(app)).toBe(5 + 3 + 6 + 3 * fixed.metadataItemBytes);
  does(world, 'two', change('set', ['a'], 'x'));
  does(world, 'two', lock('set-lock'));
  does(world, 'two', lock('acquire-lock'));
  expect(world.usage.keptBytes(app)).toBe(8 + 5 + 3 * fixed.metadataItemBytes + fixed.lockBytes);
  does(world, 'two', change('remove', []));
  does(world, 'two', lock('remove-lock'));
  does(world, 'one', change('remove', ['topic']));
  expect(world.usage.keptBytes(app)).toBe(0);
});

test('SIG130: an app that has as much of them as it may have gets no more, can read and remove, and use its locks', () => {
  const world = emptyState();
  does(world, 'two', change('set', ['a'], 'x'));
  does(world, 'two', lock('set-lock'));
  const full: StateView = {
    accounts: world.accounts,
    accountUids: world.accountUids,
    isAccountKeyKept: true,
    seen: world.seen,
    messageTimes: world.messageTimes,
    rules: world.rules,
    endingOf: world.endingOf,
    channel: (of) => world.channel(of),
    live: (of) => world.live(of),
    idle: () => 0,
    limitsOf: world.limitsOf,
    usage: {
      open: (of) => world.usage.open(of),
      remembered: (of) => world.usage.remembered(of),
      keptBytes: () => limits.appKeptBytesMax,
      authorBytes: (...of) => world.usage.authorBytes(...of),
      textBytes: (of) => world.usage.textBytes(of),
    },
  };
  expect(does(world, 'one', change('set', ['topic']), full)).toMatchObject({ code: 'metadata_full' });
  expect(does(world, 'one', lock('set-lock'), full)).toMatchObject({ code: 'locks_full' });
  expect(does(world, 'two', lock('acquire-lock'), full)).toMatchObject({ ok: true });
  expect(does(world, 'two', change('remove', ['a']), full)).toMatchObject({ ok: true });
  expect(does(world, 'two', lock('remove-lock'), full)).toMatchObject({ ok: true });
});

test('SHARE6: what one user writes anywhere is theirs until it is removed or written over, by whomever, also after a snapshot', async () => {
  const world = emptyState();
  const of = (author: string) => world.usage.authorBytes(app, author);
  does(world, 'one', change('set', ['a', 'b'], 'xy'));
  does(world, 'two', lock('set-lock'));
  expect(of('ann')).toBe(6 + 2 * fixed.metadataItemBytes + fixed.lockBytes);
  does(world, 'one', change('set', ['b', 'c'], 'z', { author: 'bob' }));
  expect([of('ann'), of('bob')]).toEqual([
    3 + fixed.metadataItemBytes + fixed.lockBytes,
    4 + 2 * fixed.metadataItemBytes,
  ]);
  does(world, 'two', lock('acquire-lock'));
  expect(of('ann')).toBe(3 + fixed.metadataItemBytes + fixed.lockBytes);
  const again = emptyState();
  const lines = [...stateToLines(world, 1_000)];
  await stateFromLines(
    again,
    (async function* () {
      yield* lines;
    })(),
  );
  expect([again.usage.authorBytes(app, 'ann'), again.usage.authorBytes(app, 'bob')]).toEqual([
    of('ann'),
    of('bob'),
  ]);
  does(world, 'two', lock('remove-lock'));
  does(world, 'one', change('remove', []));
  expect([of('ann'), of('bob')]).toEqual([0, 0]);
});

test('SHARE6: a user who has their share gets no more of it, others and the owner do, and less is always to be had', () => {
  const world = emptyState();
  const value = 'v'.repeat(limits.metadataBytesMax - 1);
  let sets = 0;
  while (does(world, `c${sets}`, change('set', ['k'], value)).ok) sets++;
  expect(sets).toBeLessThanOrEqual(Math.ceil(limits.authorKeptBytesMax / limits.metadataBytesMax));
  expect(sets).toBeGreaterThan(1_000);
  const room = limits.authorKeptBytesMax - world.usage.authorBytes(app, 'ann') - fixed.metadataItemBytes;
  if (room > 0) does(world, 'rest', change('set', ['k'], 'v'.repeat(room - 1)));
  expect(world.usage.authorBytes(app, 'ann')).toBeLessThanOrEqual(limits.authorKeptBytesMax);
  expect(does(world, 'more', change('set', ['k']))).toMatchObject({ code: 'metadata_full' });
  expect(does(world, 'more', lock('set-lock'))).toMatchObject({ code: 'locks_full' });
  expect(does(world, 'more', change('set', ['k'], 'x', { author: 'bob' }))).toMatchObject({ ok: true });
  expect(does(world, 'more', change('set', ['l'], 'x', { isOwners: true }))).toMatchObject({ ok: true });
  expect(does(world, 'c0', change('remove', []))).toMatchObject({ ok: true });
  expect(does(world, 'more', change('remove', ['l']))).toMatchObject({ ok: true });
  expect(does(world, 'more', change('set', ['m'], 'x'))).toMatchObject({ ok: true });
});

const itemOf = (bytes: number) => 'v'.repeat(bytes - fixed.metadataItemBytes - 1);

for (const [rule, limit, author] of [
  ['SIG130', 'appKeptBytesMax', 'bob'],
  ['SHARE6', 'authorKeptBytesMax', 'ann'],
] as const)
  test(`${rule}: no change takes ${limit} past itself, and what does not grow is done even where there is more`, () => {
    const max = fixed.metadataItemBytes + 600;
    const world = emptyState(undefined, { [limit]: max });
    const set = (bytes: number) => does(world, 'one', change('set', ['k'], itemOf(bytes)));
    const detail = expect.stringContaining(` take at most ${max} bytes.`);
    expect(set(max + 1)).toMatchObject({ code: 'metadata_full', detail });
    expect(set(max)).toMatchObject({ ok: true });
    expect(set(max)).toMatchObject({ ok: true });
    expect(does(world, 'two', change('set', ['l'], '', { author }))).toMatchObject({ code: 'metadata_full' });
    expect(does(world, 'two', { ...lock('set-lock'), by: author } as Asked)).toMatchObject({
      code: 'locks_full',
    });
    expect(set(max - 1)).toMatchObject({ ok: true });
    // What was recorded under a higher limit is there after a restart, and may only become less.
    const lowered = emptyState(undefined, { [limit]: max - 100 });
    const written = decideCommand(emptyState(), key('one'), change('set', ['k'], itemOf(max)), 1_000);
    if (!written.ok) throw new Error('refused');
    for (const record of written.records) lowered.absorb(record);
    const again = (bytes: number) => does(lowered, 'one', change('set', ['k'], itemOf(bytes)));
    expect(again(max + 1)).toMatchObject({ code: 'metadata_full' });
    expect(again(max)).toMatchObject({ ok: true });
    expect(again(max - 50)).toMatchObject({ ok: true });
    expect(again(max - 49)).toMatchObject({ code: 'metadata_full' });
    expect(again(max - 100)).toMatchObject({ ok: true });
    expect(again(max - 99)).toMatchObject({ code: 'metadata_full' });
  });

test('SIG130: changes of one batch count for each other', () => {
  const max = 2 * (fixed.metadataItemBytes + 100);
  const draft = new Draft(emptyState(undefined, { appKeptBytesMax: max }));
  const set = (channel: string, bytes: number) => {
    const decided = decideCommand(draft, key(channel), change('set', ['k'], itemOf(bytes)), 1_000);
    if (decided.ok) for (const record of decided.records) draft.absorb(record);
    return decided.ok;
  };
  expect([set('one', max / 2), set('two', max / 2), set('three', max / 2)]).toEqual([true, true, false]);
  expect([set('one', max / 2 - 1), set('two', max / 2 + 1), set('two', max / 2 + 2)]).toEqual([
    true,
    true,
    false,
  ]);
  draft.commit();
  expect(draft.channel(key('two')).metadata.items.k?.value.length).toBe(max / 2 - fixed.metadataItemBytes);
});

test('SIG130, SHARE6: a batch that is committed counts as its records do one by one', () => {
  const one = emptyState();
  const base = emptyState();
  const usageOf = ({ usage }: LogState) => [
    usage.all,
    usage.open(app),
    usage.authorBytes(app, 'ann'),
    usage.authorBytes(app, 'bob'),
  ];
  const batches: readonly (readonly (readonly [string, Asked])[])[] = [
    [
      ['one', change('set', ['a', 'b'], 'xy')],
      ['one', change('set', ['b', 'c'], 'z', { author: 'bob' })],
      ['two', lock('set-lock')],
      ['three', change('set', ['a'], 'x')],
    ],
    [
      ['one', change('remove', ['a'])],
      ['two', lock('acquire-lock')],
      ['three', change('set', ['a'], 'longer', { author: 'bob' })],
      ['four', change('set', ['a'])],
      ['four', change('remove', [])],
    ],
    [
      ['one', change('remove', [])],
      ['two', lock('remove-lock')],
      ['three', change('remove', [])],
    ],
  ];
  for (const batch of batches) {
    const draft = base.draft();
    for (const [channel, request] of batch) {
      const decided = decideCommand(draft, key(channel), request, 1_000);
      if (!decided.ok) throw new Error(decided.code);
      for (const record of decided.records) {
        draft.absorb(record);
        one.absorb(record);
      }
    }
    draft.commit();
    expect(usageOf(base)).toEqual(usageOf(one));
  }
});
