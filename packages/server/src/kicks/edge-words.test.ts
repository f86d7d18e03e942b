import { expect, test } from 'bun:test';
import { SimClock } from '../../test/simulation/sim-clock.ts';
import { idOf, liveKey } from '../channel/channel.ts';
import type { KickingRule } from '../channel/rules.ts';
import { fixed } from '../fixed-limits.ts';
import type { RuleDraft } from '../log/contract/rules.ts';
import { EdgeWords } from './edge-words.ts';
import { HeardRules } from './heard-rules.ts';

const app = 'app';
const rule = (id: number) => ({ app, id });
const channels = (...names: string[]) => names.map((name) => idOf(liveKey(app, name)));

/** Words in simulated time, and what became of a wait for one. */
function begin() {
  const clock = new SimClock();
  const words = new EdgeWords(clock.process());
  const heard = (id: number) => {
    const wait: { count: number | undefined } = { count: undefined };
    void words.heard(rule(id)).then((count) => {
      wait.count = count;
    });
    return wait;
  };
  return { clock, words, heard };
}

test('REST165: the word is there when every edge has given it, and counts each channel once', async () => {
  const { clock, words, heard } = begin();
  const [live, whip] = [words.join(), words.join()];
  const wait = heard(1);
  live.said(rule(1), channels('lobby', 'hall'));
  live.said(rule(1), []);
  await clock.advance(0);
  expect(wait.count).toBeUndefined();
  // That of another rule is not it.
  whip.said(rule(2), channels('stage'));
  await clock.advance(0);
  expect(wait.count).toBeUndefined();
  whip.said(rule(1), channels('lobby'));
  await clock.advance(0);
  expect(wait.count).toBe(2);
});

test('REST165: words that come before anybody waits for them are not lost', async () => {
  const { clock, words, heard } = begin();
  const [live, whip] = [words.join(), words.join()];
  live.said(rule(1), channels('lobby'));
  whip.said(rule(1), channels('stage'));
  const wait = heard(1);
  await clock.advance(0);
  expect(wait.count).toBe(2);
  // They are told once.
  const again = heard(1);
  await clock.advance(fixed.edgeWordMs);
  expect(again.count).toBe(0);
});

test('REST166: after edgeWordMs it is what was heard by then, and no edge is waited for that has left', async () => {
  const { clock, words, heard } = begin();
  const [live, whip] = [words.join(), words.join()];
  const [one, other] = [heard(1), heard(2)];
  live.said(rule(1), channels('lobby'));
  live.said(rule(2), channels('lobby', 'hall'));
  await clock.advance(fixed.edgeWordMs - 1);
  expect([one.count, other.count]).toEqual([undefined, undefined]);
  await clock.advance(1);
  expect([one.count, other.count]).toEqual([1, 2]);
  // What comes later is of no use to anybody.
  whip.said(rule(1), channels('stage'));
  const left = heard(3);
  live.said(rule(3), channels('lobby'));
  await clock.advance(0);
  expect(left.count).toBeUndefined();
  whip.leave();
  await clock.advance(0);
  expect(left.count).toBe(1);
});

test('REST166: nobody waits once they stop, nor where there is no edge', async () => {
  const { clock, words, heard } = begin();
  const none = heard(1);
  await clock.advance(0);
  expect(none.count).toBe(0);
  words.join();
  const wait = heard(2);
  await clock.advance(1);
  expect(wait.count).toBeUndefined();
  words.stop();
  await clock.advance(0);
  expect([wait.count, await words.heard(rule(3))]).toEqual([0, 0]);
});

test('LOG94: words that nobody asks for are kept for no longer than somebody could wait', async () => {
  const { clock, words, heard } = begin();
  const [live] = [words.join(), words.join()];
  for (let id = 1; id <= 3_000; id += 1) live.said(rule(id), channels('lobby'));
  const [early, late] = [heard(1_000), heard(2_500)];
  await clock.advance(fixed.edgeWordMs);
  expect([early.count, late.count]).toEqual([0, 1]);
  await clock.advance(2 * fixed.edgeWordMs);
  live.said(rule(4_000), []);
  const old = heard(2_600);
  await clock.advance(fixed.edgeWordMs);
  expect(old.count).toBe(0);
});

test('REST165: of rules about addresses that keep from joining alone the word is waited for', async () => {
  const { clock, words } = begin();
  const live = words.join();
  let isRefused = false;
  const rules = new HeardRules({
    words,
    log: {
      async createRule(draft) {
        if (isRefused) return { ok: false, code: 'log_unavailable' };
        return { ok: true, rule: { ...draft, id: 7 } as KickingRule, putOutOf: 3 };
      },
    },
  });
  const draft: RuleDraft = { app, ip: '203.0.113.5', privileges: ['join_channel'] };
  const { ip: _, ...anywhere } = draft;
  expect(await rules.createRule(anywhere, 0)).toMatchObject({ ok: true, putOutOf: 3 });
  expect(await rules.createRule({ ...draft, privileges: ['publish_audio'] }, 0)).toMatchObject({
    putOutOf: 3,
  });
  const made = rules.createRule(draft, 0);
  await clock.advance(0);
  live.said(rule(7), channels('lobby', 'hall'));
  expect(await made).toMatchObject({ ok: true, rule: { id: 7 }, putOutOf: 2 });
  isRefused = true;
  expect(await rules.createRule(draft, 0)).toEqual({ ok: false, code: 'log_unavailable' });
});
