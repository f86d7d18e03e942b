import { expect, test } from 'bun:test';
import { SimClock, settle } from '../../test/simulation/sim-clock.ts';
import type { CommandOutcome } from '../log/contract/commands.ts';
import { AwaitedLinks } from './awaited-links.ts';

const member = { app: 'a', channel: 'x', connectionId: 'c' };

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
  links.add({ ...member, connectionId: 'later' }, 100);
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
