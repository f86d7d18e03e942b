import { expect, test } from 'bun:test';
import { join, TestChannel } from '../../../testing/models/test-channel.ts';
import type { JoinCommand } from '../command.ts';
import { evolve } from '../evolve.ts';
import { membersFromLines, membersToLines } from '../snapshot.ts';

const T = 1_700_000_000_000;
const key = { app: 'app', kind: 'user', name: 'ann' } as const;
const home = () => new TestChannel({}, key);
/** A session begins; of a client that came back for `insteadOf`, if that is there. */
const begins = (connectionId: string, attempt: number, insteadOf?: string): JoinCommand =>
  join(1, {
    account: 'ann',
    connectionKind: 'signaling',
    connectionId,
    attempt,
    ...(insteadOf !== undefined && { insteadOf }),
  });
const resume = (connectionId: string, attempt?: number) =>
  ({ type: 'resume', connectionId, ...(attempt !== undefined && { attempt }) }) as const;
const leave = (connectionId: string, evidence: 'kick' | 'bye') =>
  ({ type: 'leave', connectionId, evidence }) as const;

test('LOG96: the record of a session says instead of which its client has it, and by which attempt', () => {
  const ann = home();
  const [joined] = ann.must(T, begins('b', 2, 'a'));
  expect(joined).toMatchObject({ type: 'member-joined', connectionId: 'b', insteadOf: 'a', attempt: 2 });
  expect(ann.must(T + 1, resume('b', 5))[0]).toMatchObject({ type: 'link-live', attempt: 5 });
  expect(ann.member(1)).toMatchObject({ connectionId: 'b', insteadOf: 'a', attempt: 5 });
  const { state } = ann;
  if (state.sid === undefined) throw new Error('somebody is there');
  const read = membersFromLines(key, membersToLines(state));
  expect(read.sid && [...read.roster]).toEqual([...state.roster]);
  // Of one that came for none that is said as well.
  const bob = home();
  const [alone] = bob.must(T, begins('c', 0));
  expect(alone).toMatchObject({ attempt: 0 });
  expect(alone).not.toHaveProperty('insteadOf');
});

test('LOG96: a login that comes back for a session takes the place of what its client has, and of nothing else', () => {
  const ann = home();
  ann.must(T, begins('b', 2, 'a'));
  expect(ann.ask(T, begins('x', 1, 'a'))).toBe('replaced');
  expect(ann.ask(T, begins('x', 9, 'other'))).toBe('replaced');
  expect(ann.ask(T, begins('x', 9, 'b'))).toBe('already_joined');
  expect(ann.must(T, begins('c', 2, 'a')).map(({ type }) => type)).toEqual(['member-left', 'member-joined']);
  expect(ann.ask(T, begins('x', 9, 'b'))).toBe('replaced');
  ann.must(T, resume('c', 7));
  expect(ann.ask(T, begins('x', 6, 'a'))).toBe('replaced');
  // Whoever comes back for none is a newer device.
  ann.must(T, begins('d', 0));
  expect(ann.ask(T, begins('x', 9, 'a'))).toBe('replaced');
  ann.must(T, leave('d', 'bye'));
  ann.must(T, begins('e', 9, 'a'));
  expect(ann.member(1)).toMatchObject({ connectionId: 'e', insteadOf: 'a', attempt: 9 });
});

test('LOG97: the leave of a session that others ended names the one for which its client comes back', () => {
  const ended = (how: (ann: TestChannel) => void) => {
    const ann = home();
    ann.must(T, begins('b', 2, 'a'));
    how(ann);
    return ann.changes.find(({ type }) => type === 'member-left');
  };
  const named = { connectionId: 'b', insteadOf: 'a' };
  expect(ended((ann) => ann.must(T, leave('b', 'kick')))).toMatchObject({ reason: 'kicked', ...named });
  expect(ended((ann) => ann.must(T, { type: 'kick', connectionIds: ['b'] }))).toMatchObject(named);
  expect(ended((ann) => ann.must(T, begins('d', 0)))).toMatchObject({ reason: 'replaced', ...named });
  for (const how of [leave('b', 'bye'), begins('c', 3, 'a')]) {
    const left = ended((ann) => ann.must(T, how));
    expect(left).toMatchObject({ connectionId: 'b' });
    expect(left).not.toHaveProperty('insteadOf');
  }
});

test('LOG98: a session of which no attempt is recorded gives way, until its client has come back for it', () => {
  const before = (): TestChannel => {
    const ann = home();
    const [joined] = ann.must(T, begins('b', 0));
    if (joined?.type !== 'member-joined') throw new Error('it joined');
    const { attempt: _, ...older } = joined;
    ann.state = evolve(home().state, older);
    return ann;
  };
  const one = before();
  one.must(T, begins('c', 0, 'a'));
  expect(one.member(1)).toMatchObject({ connectionId: 'c', insteadOf: 'a' });
  const other = before();
  // Its client counts no attempts.
  expect(other.must(T, resume('b'))[0]).toMatchObject({ attempt: 0 });
  expect(other.ask(T, begins('c', 9, 'a'))).toBe('replaced');
});
