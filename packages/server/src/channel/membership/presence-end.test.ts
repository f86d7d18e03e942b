import { expect, test } from 'bun:test';
import { type Evidence, type MemberLeft, presenceEndMs } from '@housecount/protocol';
import { type Happening, join, TestChannel } from '../../../testing/models/test-channel.ts';
import type { ChannelCommand } from '../command.ts';

const T = 1_700_000_000_000;

/** What a viewer's stay sees: commands with their times, milliseconds after T. The last one makes it leave. */
type Story = readonly (readonly [atMs: number, command: ChannelCommand | Happening])[];

const joins: ChannelCommand = join(1, { leaseMs: 10_000 });
const joinsForLonger: ChannelCommand = join(1, { leaseMs: 20_000 });
const silent = (lastHeardMs: number, evidence: Evidence): ChannelCommand => ({
  type: 'silent',
  connectionId: 'c1',
  lastHeardMs: T + lastHeardMs,
  evidence,
});
const tick: ChannelCommand = { type: 'tick' };
const crash = (lastAliveMs: number): Happening => ({
  type: 'recover',
  lastAliveMs: T + lastAliveMs,
  recoveryMs: 15_000,
});
const newDevice = join(1, { connectionId: 'other' });

function leaveOf(story: Story): MemberLeft {
  const channel = new TestChannel();
  for (const [atMs, command] of story) channel.must(T + atMs, command);
  const left = channel.changes.find((change) => change.type === 'member-left');
  if (left?.type !== 'member-left') throw new Error('nobody left');
  return left;
}

const stories = {
  'last heard at 60 s, left at the end of the lease': {
    story: [
      [0, joins],
      [64_000, silent(60_000, 'silence')],
      [70_000, tick],
    ],
    joinedMs: 0,
    untilMs: 60_000,
    leftMs: 70_000,
  },
  'replaced while silent since 40 s': {
    story: [
      [0, joinsForLonger],
      [44_000, silent(40_000, 'silence')],
      [50_000, newDevice],
    ],
    joinedMs: 0,
    untilMs: 40_000,
    leftMs: 50_000,
  },
  'the server was killed and the member did not come back': {
    story: [
      [0, joins],
      [110_000, crash(100_000)],
      [125_000, tick],
    ],
    joinedMs: 0,
    untilMs: 100_000,
    leftMs: 125_000,
  },
  'the server was last known alive before the join': {
    story: [
      [100_400, joins],
      [110_000, crash(100_000)],
      [125_000, tick],
    ],
    joinedMs: 100_400,
    untilMs: 100_400,
    leftMs: 125_000,
  },
  'the tab was killed: the closing of its socket is the last sign of life': {
    story: [
      [0, joins],
      [5_513, silent(3_054, 'socket-closed')],
      [13_055, tick],
    ],
    joinedMs: 0,
    untilMs: 5_513,
    leftMs: 13_055,
  },
  'the same, over a crash of the server': {
    story: [
      [0, joins],
      [5_513, silent(3_054, 'socket-closed')],
      [8_000, crash(7_000)],
      [23_000, tick],
    ],
    joinedMs: 0,
    untilMs: 5_513,
    leftMs: 23_000,
  },
  'replaced after its socket had closed at 45 s': {
    story: [
      [0, joins],
      [45_000, silent(43_000, 'socket-closed')],
      [50_000, newDevice],
    ],
    joinedMs: 0,
    untilMs: 45_000,
    leftMs: 50_000,
  },
} satisfies Record<string, { story: Story; joinedMs: number; untilMs: number; leftMs: number }>;

for (const [name, { story, joinedMs, untilMs, leftMs }] of Object.entries(stories))
  test(`CHAN11: the record of a leave names when presence ended: ${name}`, () => {
    const left = leaveOf(story);
    expect(left).toMatchObject({ joinedMs: T + joinedMs, atMs: T + leftMs, silentSinceMs: T + untilMs });
    expect(presenceEndMs(left)).toBe(T + untilMs);
  });

test('TIME8: records of before, which do not name it of the end of a lease, are read as they were', () => {
  for (const { story, untilMs } of Object.values(stories)) {
    const { silentSinceMs: _, ...before } = leaveOf(story);
    if (before.reason === 'timeout') expect(presenceEndMs(before)).toBe(T + untilMs);
  }
});

test('CHAN11: who was heard until the leave, or says goodbye, has no other end than the leave', () => {
  for (const command of [{ type: 'kick' }, newDevice] satisfies ChannelCommand[]) {
    const left = leaveOf([
      [0, joins],
      [20_000, command],
    ]);
    expect(left).not.toHaveProperty('silentSinceMs');
    expect(presenceEndMs(left)).toBe(T + 20_000);
  }
  const goodbye = leaveOf([
    [0, joins],
    [5_000, silent(1_000, 'silence')],
    [6_000, { type: 'leave', connectionId: 'c1', evidence: 'bye' }],
  ]);
  expect(goodbye).not.toHaveProperty('silentSinceMs');
  expect(presenceEndMs(goodbye)).toBe(T + 6_000);
});
