import { expect, test } from 'bun:test';
import { emptyState } from '../../../testing/worlds/log-world.ts';
import { asRecord } from '../../../testing/worlds/records.ts';
import { stateFromLines, stateToLines } from './snapshot.ts';

async function* linesOf(lines: readonly string[]) {
  yield* lines;
}

test('SIG62: a snapshot of a server that knew no topics is read, and nobody publishes', async () => {
  const key = { app: '0123456789abcdef0123456789abcdef', channelType: 'MESSAGE', channel: 'x' };
  const presence = {
    ...{ version: 1, app: key.app, channel: 'x', lastAtMs: 5, members: 1, departed: 0 },
    ...{ sid: 'S', seq: 2, profile: 'live', openedMs: 4 },
  };
  const member = {
    ...{ uid: 3, role: 'audience', platform: 0, connectionId: 's', connectionKind: 'signaling' },
    ...{ joinedMs: 5, joinedSeq: 2, clientSeq: 5, leaseMs: 10, link: { state: 'live' } },
  };
  const metadata = { majorRevision: 7, items: { a: { key: 'a', value: 'b', revision: 7 } } };
  const lines = [
    { version: 2, floorMs: 5 },
    { signaling: key, lines: 3, states: 1, metadata, locks: {} },
    presence,
    member,
    { uid: 3, states: { mood: 'good' } },
  ].map((line) => JSON.stringify(line));
  const world = emptyState();
  expect(await stateFromLines(world, linesOf(lines))).toEqual({ floorMs: 5 });
  const [channel] = world.channels();
  if (channel?.sid === undefined) throw new Error('somebody is there');
  expect(channel.states.get(3)?.states).toEqual({ mood: 'good' });
  expect(channel.publishers).toMatchObject({ count: 0 });
  const again = emptyState();
  await stateFromLines(again, linesOf([...stateToLines(world, 5)]));
  expect([...stateToLines(again, 5)]).toEqual([...stateToLines(world, 5)]);
});

test('ACCT7: a snapshot that has a uid of every account is read: they keep theirs, and who is there counts as seen', async () => {
  const app = '0123456789abcdef0123456789abcdef';
  const before = emptyState();
  const join = { app, channel: 'c', sid: 'S', profile: 'live', atMs: 5, count: 1, clientSeq: 5 } as const;
  const member = { role: 'audience', platform: 7, connectionKind: 'rtc', leaseMs: 1 } as const;
  const opened = { app, channel: 'c', sid: 'S', seq: 1, atMs: 5, count: 0, profile: 'live' } as const;
  before.absorb(asRecord({ type: 'channel-opened', ...opened }));
  const joined = { type: 'member-joined', ...join, ...member, seq: 2, uid: 70, connectionId: 'c1' } as const;
  before.absorb(asRecord(joined));
  const [header, ...rest] = [...stateToLines(before, 5)].filter(
    (line) => !line.startsWith('{"seen"') && !line.startsWith('{"nodes"'),
  );
  expect(JSON.parse(header ?? '')).toEqual({ version: 5, floorMs: 5 });
  const accounts = [
    [app, 'ann', 4_242],
    [app, '7', 7],
    [app, '8', 9],
  ].map((account) => JSON.stringify({ account }));
  const world = emptyState();
  await stateFromLines(world, linesOf([JSON.stringify({ version: 3, floorMs: 5 }), ...accounts, ...rest]));
  expect([...world.accounts.all(5)]).toEqual([
    { app, account: 'ann', uid: 4_242, usedMs: 5 },
    { app, account: '8', uid: 9, usedMs: 5 },
  ]);
  expect([world.seen.holder(app, 70), world.seen.holder(app, 71)]).toEqual([0, undefined]);
  const again = emptyState('ANOTHER KEY');
  await stateFromLines(again, linesOf([...stateToLines(world, 5)]));
  expect([...stateToLines(again, 5)]).toEqual([...stateToLines(world, 5)]);
});
