import { expect, test } from 'bun:test';
import { join, TestChannel } from '../../testing/models/test-channel.ts';
import type { Channel } from '../channel/channel.ts';
import type { ChannelCommand } from '../channel/command.ts';
import { KnownAddresses } from './known-addresses.ts';

const [here, there] = ['203.0.113.5', '198.51.100.7'];

/** A channel whose changes are told to the addresses, and which decides when it is asked to. */
function begin() {
  const channel = new TestChannel();
  const { key } = channel.state;
  const addresses = new KnownAddresses();
  const from = (address: string) =>
    Array.from(addresses.of('app', address), ({ connectionId }) => connectionId);
  const does = (nowMs: number, command: ChannelCommand) => {
    for (const change of channel.must(nowMs, command)) addresses.absorb(key, change);
  };
  const outcome = () => ({ ok: true as const, channel: channel.state as Channel });
  /** A connection asks to come in from an address; `decide` has it decided. */
  const asks = (connectionId: string, address: string) => {
    const log = Promise.withResolvers<ReturnType<typeof outcome> | { ok: false; code: 'banned' }>();
    const asked = addresses.arrives({ key, connectionId, address }, () => log.promise);
    const refuse = () => log.resolve({ ok: false, code: 'banned' });
    return {
      asked,
      take: () => log.resolve(outcome()),
      refuse,
      fail: () => log.reject(new Error('unexpected')),
    };
  };
  return { channel, addresses, from, does, asks };
}

test('LOG91: a connection is known by its address from before the log decides until its member leaves', async () => {
  const { from, does, asks, addresses } = begin();
  const arrival = asks('c1', here);
  expect(from(here)).toEqual(['c1']);
  expect([...addresses.of('other app', here)]).toEqual([]);
  does(1, join(1));
  expect(from(here)).toEqual(['c1']);
  arrival.take();
  await arrival.asked;
  expect([from(here), from(there)]).toEqual([['c1'], []]);
  does(2, { type: 'silent', connectionId: 'c1', lastHeardMs: 1, evidence: 'socket-closed' });
  expect(from(here)).toEqual(['c1']);
  does(3, { type: 'leave', connectionId: 'c1', evidence: 'bye' });
  expect(from(here)).toEqual([]);
});

test('LOG91: of whom the log does not take nothing is known, however it says so', async () => {
  const { from, asks } = begin();
  const [refused, failed, gone] = [asks('c1', here), asks('c2', here), asks('c3', here)];
  expect(from(here)).toEqual(['c1', 'c2', 'c3']);
  refused.refuse();
  expect(await refused.asked).toMatchObject({ ok: false });
  failed.fail();
  await expect(failed.asked).rejects.toThrow('unexpected');
  // Taken, and put out again before anybody heard.
  gone.take();
  await gone.asked;
  expect(from(here)).toEqual([]);
});

test('LOG91: a member that comes back comes from the one address or the other until that is decided, and then from the new one', async () => {
  const { from, does, asks } = begin();
  const first = asks('c1', here);
  does(1, join(1));
  first.take();
  await first.asked;
  const refused = asks('c1', there);
  expect([from(here), from(there)]).toEqual([['c1'], ['c1']]);
  refused.refuse();
  await refused.asked;
  expect([from(here), from(there)]).toEqual([['c1'], []]);
  const back = asks('c1', there);
  does(2, { type: 'resume', connectionId: 'c1', uid: 1 });
  expect([from(here), from(there)]).toEqual([['c1'], ['c1']]);
  back.take();
  await back.asked;
  expect([from(here), from(there)]).toEqual([[], ['c1']]);
});

test('LOG91: a member that came back to another edge is not known here any more', async () => {
  const { from, does, asks } = begin();
  const first = asks('c1', here);
  does(1, join(1));
  first.take();
  await first.asked;
  does(2, { type: 'silent', connectionId: 'c1', lastHeardMs: 1, evidence: 'socket-closed' });
  does(3, { type: 'heard', connectionId: 'c1' });
  expect(from(here)).toEqual(['c1']);
  does(4, { type: 'resume', connectionId: 'c1', uid: 1 });
  expect(from(here)).toEqual([]);
});

test('LOG91: nor is the connection of a plain client that came back by another one, here or elsewhere', async () => {
  const { from, does, asks } = begin();
  const plain = (connectionId: string, formerConnectionId?: string) =>
    join(1, { connectionId, connectionKind: 'whep', ...(formerConnectionId && { formerConnectionId }) });
  const first = asks('w1', here);
  does(1, plain('w1'));
  first.take();
  await first.asked;
  const second = asks('w2', there);
  does(2, plain('w2', 'w1'));
  second.take();
  await second.asked;
  expect([from(here), from(there)]).toEqual([[], ['w2']]);
  does(3, plain('w3', 'w2'));
  expect([from(here), from(there)]).toEqual([[], []]);
});

test('LOG91: a newcomer with the uid of a member is known in its place, whichever is heard of first', async () => {
  const { from, does, asks } = begin();
  const first = asks('c1', here);
  does(1, join(1));
  first.take();
  await first.asked;
  const second = asks('c2', there);
  does(2, join(1, { connectionId: 'c2' }));
  expect(from(here)).toEqual([]);
  second.take();
  await second.asked;
  const third = asks('c3', here);
  const { asked } = third;
  third.take();
  await asked;
  expect([from(here), from(there)]).toEqual([[], ['c2']]);
});
