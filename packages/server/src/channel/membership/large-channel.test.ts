import { expect, test } from 'bun:test';
import { join, limitsForTests, TestChannel } from '../../../testing/models/test-channel.ts';
import type { ChannelChange } from '../decision.ts';
import { due } from '../due.ts';
import { membersFromLines, membersToLines } from '../snapshot.ts';

const T = 1_700_000_000_000;
const members = 20_000;
const slice = limitsForTests.transactionMembersMax;

/** Asks again until nothing is left to do; the records of all slices. */
function whole(channel: TestChannel, nowMs: number, command: { type: 'tick' | 'kick' }) {
  const records: ChannelChange[] = [];
  for (;;) {
    const some = channel.must(nowMs, command);
    expect(some.filter(({ type }) => type === 'member-left').length).toBeLessThanOrEqual(slice);
    if (some.length === 0) return records;
    records.push(...some);
  }
}

test('CHAN15, CHAN16, CHAN30: a whole large channel goes silent, comes back in part, and ends', () => {
  const channel = new TestChannel({ membersMax: members });
  for (let uid = 1; uid <= members; uid++) channel.must(T + uid, join(uid));
  expect(channel.ask(T + members, join(members + 1))).toBe('channel_full');
  const downMs = T + members + 60_000;
  const command = { type: 'recover', lastAliveMs: downMs - 5000, recoveryMs: 15_000 } as const;
  channel.must(downMs, command);
  expect(channel.state.sid !== undefined && channel.state.roster.silent).toBe(members);
  for (let uid = 1; uid <= members; uid += 2) {
    channel.must(downMs + 10, { type: 'resume', connectionId: `c${uid}` });
  }
  expect(due(channel.state)).toBe(downMs + 15_000);
  const lines = [...membersToLines(channel.state)];
  expect([...membersToLines(membersFromLines(channel.state.key, lines))]).toEqual(lines);

  const left = whole(channel, downMs + 15_000, { type: 'tick' });
  expect(left).toHaveLength(members / 2);
  expect(left.at(-1)).toMatchObject({ uid: members, count: members / 2, seq: 1 + members + members / 2 });
  expect(due(channel.state)).toBeUndefined();
  expect(channel.state.departed.size).toBe(members / 2);

  const kicked = whole(channel, downMs + 15_001, { type: 'kick' });
  expect(kicked).toHaveLength(members / 2 + 1);
  expect(kicked.at(-1)).toMatchObject({ type: 'channel-closed', lastUid: members - 1 });
  expect(channel.state.departed.size).toBe(members / 2);
});
