import { expect, test } from 'bun:test';
import { TestChannel } from '../../../testing/models/test-channel.ts';
import { emptyState } from '../../../testing/worlds/log-world.ts';
import type { OpenChannel } from '../../channel/channel.ts';
import { RuleCommands } from './rule-commands.ts';

const app = 'app';

/** The rules of a log that takes them, with a member in the channel `x`, and no longer takes kicks. */
function rulesThatKickNobody() {
  const state = emptyState();
  const decided = async (decide: (draft: ReturnType<typeof state.draft>, nowMs: number) => unknown) =>
    decide(state.draft(), 1) as never;
  const asked: unknown[] = [];
  const rules = new RuleCommands({
    state,
    asks: { request: decided, fact: decided },
    clock: { nowMs: () => 1 },
    reads: { open: () => [new TestChannel().joined(1, 1).state as OpenChannel] },
    commands: {
      async submit(...command) {
        asked.push(command);
        return { ok: false, code: 'going_away' };
      },
    },
  });
  return { rules, asked };
}

test('LOG71, LOG72: a rule whose kicks the log no longer takes is refused, not answered as done', async () => {
  const { rules } = rulesThatKickNobody();
  const make = (channel: string) => rules.createRule({ app, channel, privileges: ['join_channel'] }, 60_000);
  expect(await make('x')).toEqual({ ok: false, code: 'going_away' });
  expect(await make('y')).toMatchObject({ ok: true });
});

test('LOG90: the log puts nobody out of a channel for a rule about an address', async () => {
  const { rules, asked } = rulesThatKickNobody();
  const made = await rules.createRule(
    { app, channel: 'x', ip: '203.0.113.5', privileges: ['join_channel'] },
    60_000,
  );
  expect(made).toMatchObject({ ok: true, putOutOf: 0 });
  expect(asked).toEqual([]);
});
