import { expect, test } from 'bun:test';
import { Rules } from '../log/decide/rules/rules.ts';
import type { KickingRule } from './rules.ts';

const base: KickingRule = {
  id: 1,
  app: 'app',
  uid: 9,
  privileges: ['join_channel'],
  endsMs: 1_000,
  createdMs: 0,
  updatedMs: 0,
};
const isBanned = (rule: KickingRule, channel: string, uid: number) => {
  const rules = new Rules();
  rules.set(rule);
  return rules.banned('app', { channel, uid, ip: '' }, 'join_channel', 500) !== undefined;
};

test('PERSON48: of a rule about the app each uid counts in its channel alone; in one of before there were channels, in every one', () => {
  const rule = { ...base, membersIn: [{ channel: 'x', uid: 77 }] };
  expect([isBanned(rule, 'x', 77), isBanned(rule, 'y', 77), isBanned(rule, 'x', 78)]).toEqual([
    true,
    false,
    false,
  ]);
  const old = { ...base, members: [77] };
  expect([isBanned(old, 'x', 77), isBanned(old, 'y', 77)]).toEqual([true, true]);
  const widened = { ...rule, ...old };
  expect([isBanned(widened, 'x', 77), isBanned(widened, 'y', 77)]).toEqual([true, true]);
  const ofOne = { ...base, channel: 'x', members: [77] };
  expect([isBanned(ofOne, 'x', 77), isBanned(ofOne, 'y', 77)]).toEqual([true, false]);
});
