import { expect, test } from 'bun:test';
import { SimClock, settle } from '../../test/simulation/sim-clock.ts';
import { fixed } from '../fixed-limits.ts';
import type { CommandOutcome } from '../log/contract/commands.ts';
import { AwaitedLinks } from './awaited-links.ts';

const member = { app: 'a', channel: 'x', uid: 1, connectionId: 'c' };

/** Awaited links over a log that answers when told. */
function linksOver(answers: (() => Promise<CommandOutcome>)[]) {
  const clock = new SimClock();
  const asked: unknown[] = [];
  const warned: string[] = [];
  const links = new AwaitedLinks({
    clock: clock.process(),
    logger: { warn: (message) => void warned.push(message) },
    log: {
      submit(key, command) {
        asked.push([key.name, command]);
        return answers.shift()?.() ?? Promise.resolve({ ok: false, code: 'not_joined' });
      },
    },
  });
  return { clock, links, asked, warned };
}

test('PERSON11: a server that stops asks no more, also of a member whose question is on its way', async () => {
  const { promise, resolve } = Promise.withResolvers<CommandOutcome>();
  const { clock, links, asked } = linksOver([() => promise]);
  links.add(member, 10);
  links.add({ ...member, uid: 2, connectionId: 'later' }, 100);
  await clock.advance(10);
  links.stop();
  resolve({ ok: false, code: 'log_unavailable' });
  await settle();
  expect(links.size).toBe(0);
  await clock.advance(10_000);
  expect(asked).toEqual([['x', { type: 'link', connectionId: 'c' }]]);
});

test('PERSON11: a log that fails is told to the operator and asked again; who has left is asked about once', async () => {
  const { clock, links, asked, warned } = linksOver([() => Promise.reject(new Error('broken'))]);
  links.add(member, 10);
  await clock.advance(10);
  await settle();
  expect([warned.length, links.size]).toEqual([1, 1]);
  await clock.advance(10_000);
  expect([asked.length, links.size]).toEqual([2, 0]);
});

test('PERSON11: whoever joins anew while a link is awaited has no more time than before', async () => {
  const { clock, links, asked } = linksOver([]);
  for (const connectionId of ['c', 'd', 'e', 'f']) {
    expect(links.mayAwait(member)).toBe(true);
    links.add({ ...member, connectionId }, 100);
    await clock.advance(30);
  }
  expect(asked).toContainEqual(['x', { type: 'link', connectionId: 'f' }]);
  expect(links.size).toBe(0);
});

test('PERSON11: after a link that did not come none is awaited for a minute, but of others; one that came late ends that', async () => {
  const { clock, links } = linksOver([]);
  links.add(member, 100);
  await clock.advance(100);
  const other = { ...member, account: '1' };
  expect([links.mayAwait(member), links.mayAwait(other)]).toEqual([false, true]);
  await clock.advance(59_000);
  expect(links.mayAwait(member)).toBe(false);
  await clock.advance(1_000);
  expect(links.mayAwait(member)).toBe(true);
  links.add({ ...member, connectionId: 'd' }, 100);
  await clock.advance(100);
  expect(links.mayAwait(member)).toBe(false);
  links.take({ ...member, connectionId: 'd' });
  expect(links.mayAwait(member)).toBe(true);
});

test('PERSON11: of more members than awaitedLinksMax the earliest are forgotten', () => {
  let steadyMs = 0;
  const links = new AwaitedLinks({
    clock: { after: () => () => undefined, steadyMs: () => steadyMs },
    logger: { warn: () => undefined },
    log: { submit: () => Promise.resolve({ ok: false, code: 'not_joined' }) },
  });
  const of = (uid: number) => ({ ...member, uid, connectionId: String(uid) });
  for (let uid = 0; uid <= fixed.awaitedLinksMax; uid++) links.add(of(uid), 100);
  steadyMs = 200;
  expect([0, 1, fixed.awaitedLinksMax].map((uid) => links.mayAwait(of(uid)))).toEqual([true, false, false]);
});
