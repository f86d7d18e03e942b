import { expect, test } from 'bun:test';
import { emptyState } from '../../../testing/worlds/log-world.ts';
import { liveKey } from '../../channel/channel.ts';
import { Addresses } from '../addresses.ts';
import { RuleCommands } from './rule-commands.ts';

test('LOG71, LOG72: a rule whose kicks the log no longer takes is refused, not answered as done', async () => {
  const app = 'app';
  const ip = '203.0.113.5';
  const state = emptyState();
  const addresses = new Addresses();
  addresses.set(ip, { key: liveKey(app, 'lobby'), uid: 1, connectionId: 'c1' });
  const decided = async (decide: (draft: ReturnType<typeof state.draft>, nowMs: number) => unknown) =>
    decide(state.draft(), 1) as never;
  const rules = new RuleCommands({
    state,
    asks: { request: decided, fact: decided },
    clock: { nowMs: () => 1 },
    addresses,
    reads: { open: () => [] },
    commands: { submit: async () => ({ ok: false, code: 'going_away' }) },
  });
  const make = (address: string) =>
    rules.createRule({ app, ip: address, privileges: ['join_channel'] }, 60_000);
  expect(await make(ip)).toEqual({ ok: false, code: 'going_away' });
  expect(await make('203.0.113.6')).toMatchObject({ ok: true });
});
