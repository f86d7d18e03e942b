import { expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { machineLookup, Resolver, resolvedHostsMax, resolvedMs } from './resolver.ts';

function world() {
  const clock = new SimClock();
  const asked: string[] = [];
  let answer: () => Promise<readonly string[]> = async () => [`10.0.0.${asked.length}`];
  const resolver = new Resolver(clock.process(), (host) => {
    asked.push(host);
    return answer();
  });
  return {
    clock,
    asked,
    resolver,
    answerWith: (next: typeof answer) => {
      answer = next;
    },
  };
}

test('HOOK17: an answer is used for its time and by all who ask meanwhile, then asked for again', async () => {
  const { clock, asked, resolver } = world();
  const first = await Promise.all([resolver.resolve('a.example'), resolver.resolve('a.example')]);
  expect(first).toEqual([['10.0.0.1'], ['10.0.0.1']]);
  await clock.advance(resolvedMs - 1);
  expect(await resolver.resolve('a.example')).toEqual(['10.0.0.1']);
  await clock.advance(1);
  expect(await resolver.resolve('a.example')).toEqual(['10.0.0.2']);
  expect(asked).toHaveLength(2);
});

test('HOOK17: what is known without waiting is the same list until its time is over, and nothing before or after', async () => {
  const { clock, resolver, answerWith } = world();
  const asked = resolver.resolve('a.example');
  expect(resolver.known('a.example')).toBeUndefined();
  const list = await asked;
  expect(resolver.known('a.example')).toBe(list);
  await clock.advance(resolvedMs);
  expect(resolver.known('a.example')).toBeUndefined();
  answerWith(() => Promise.reject(new Error('ENOTFOUND')));
  await expect(resolver.resolve('a.example')).rejects.toThrow('ENOTFOUND');
  expect(resolver.known('a.example')).toBeUndefined();
  expect(resolver.known('10.1.2.3')).toBeUndefined();
});

test('HOOK17: a failure is not remembered, and a forgotten host is asked for anew', async () => {
  const { asked, resolver, answerWith } = world();
  answerWith(() => Promise.reject(new Error('ENOTFOUND')));
  await expect(resolver.resolve('a.example')).rejects.toThrow('ENOTFOUND');
  answerWith(async () => ['1.1.1.1']);
  expect(await resolver.resolve('a.example')).toEqual(['1.1.1.1']);
  resolver.forget('a.example');
  await resolver.resolve('a.example');
  expect(asked).toHaveLength(3);
});

test('HOOK17: addresses are their own answer, and the hosts remembered are bounded', async () => {
  const { asked, resolver } = world();
  expect(await resolver.resolve('[::1]')).toEqual(['::1']);
  expect(await resolver.resolve('10.1.2.3')).toEqual(['10.1.2.3']);
  expect(asked).toEqual([]);
  for (let host = 0; host <= resolvedHostsMax; host++) await resolver.resolve(`h${host}.example`);
  await resolver.resolve(`h${resolvedHostsMax}.example`);
  expect(asked).toHaveLength(resolvedHostsMax + 1);
  await resolver.resolve('h0.example');
  expect(asked).toHaveLength(resolvedHostsMax + 2);
});

test('HOOK192: localhost is both loopback addresses, whatever the hosts file says', async () => {
  for (const host of ['localhost', 'LOCALHOST', 'app.localhost', 'localhost.'])
    expect(await machineLookup(host)).toEqual(['127.0.0.1', '::1']);
});
