import { expect, test } from 'bun:test';
import { join, TestChannel } from '../../../testing/models/test-channel.ts';
import { due } from '../due.ts';
import { membersFromLines, membersToLines } from '../snapshot.ts';

const T = 1_700_000_000_000;
const members = 20_000;

test('CHAN15, CHAN16: a whole large channel goes silent, comes back in part, and ends', () => {
  const channel = new TestChannel({ membersMax: members });
  for (let uid = 1; uid <= members; uid++) channel.must(T + uid, join(uid));
  expect(channel.ask(T + members, join(members + 1))).toBe('channel_full');
  const downMs = T + members + 60_000;
  const marks = channel.must(downMs, { type: 'recover', lastAliveMs: downMs - 5000, recoveryMs: 15_000 });
  expect(marks).toHaveLength(members);
  for (let uid = 1; uid <= members; uid += 2) {
    channel.must(downMs + 10, { type: 'resume', connectionId: `c${uid}` });
  }
  expect(due(channel.state)).toBe(downMs + 15_000);
  const lines = [...membersToLines(channel.state)];
  expect([...membersToLines(membersFromLines(channel.state.key, lines))]).toEqual(lines);

  const left = channel.must(downMs + 15_000, { type: 'tick' });
  expect(left).toHaveLength(members / 2);
  expect(left.at(-1)).toMatchObject({ uid: members, count: members / 2, seq: 1 + members + members / 2 });
  expect(due(channel.state)).toBeUndefined();
  expect(channel.state.departed.size).toBe(members / 2);

  const kicked = channel.must(downMs + 15_001, { type: 'kick' });
  expect(kicked).toHaveLength(members / 2 + 1);
  expect(kicked.at(-1)).toMatchObject({ type: 'channel-closed', lastUid: members - 1 });
  expect(channel.state.departed.size).toBe(members / 2);
});
