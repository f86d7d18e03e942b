import { expect, test } from 'bun:test';
import { TestChannel } from '../../../testing/models/test-channel.ts';
import type { ChannelKey, OpenChannel } from '../../channel/channel.ts';
import { Whereabouts } from './whereabouts.ts';

test('of the key of a channel there is one for all who are in it, whatever their records brought', () => {
  const key: ChannelKey = { app: 'app', kind: 'message', name: 'lobby' };
  const channel = new TestChannel({}, key).joined(1_700_000_000_000, 1).joined(1_700_000_000_001, 2);
  const open = channel.state as OpenChannel;
  const log = { channel: () => open, channels: () => [], everyChannel: () => [] };
  const whereabouts = new Whereabouts(log, []);
  for (const change of channel.changes) whereabouts.absorb({ type: 'channel', key: { ...key }, change });
  for (const uid of [1, 2]) expect([...whereabouts.of('app', uid)][0]).toBe(open.key);
});

test('of nobody, of who is in one channel, and of who is in several, by app and uid', () => {
  const key = (name: string, app = 'app'): ChannelKey => ({ app, kind: 'message', name });
  const log = { channel: () => undefined, channels: () => [], everyChannel: () => [] } as never;
  const whereabouts = new Whereabouts(log, []);
  const channel = new TestChannel({}, key('any')).joined(1_700_000_000_000, 1);
  channel.must(1_700_000_000_001, { type: 'leave', connectionId: 'c1', evidence: 'bye' });
  const absorb = (type: string, of: ChannelKey) => {
    const change = channel.changes.find((each) => each.type === type);
    if (!change) throw new Error(`no ${type}`);
    whereabouts.absorb({ type: 'channel', key: of, change });
  };
  const joins = (of: ChannelKey) => absorb('member-joined', of);
  const leaves = (of: ChannelKey) => absorb('member-left', of);
  const names = (app = 'app') => [...whereabouts.of(app, 1)].map(({ name }) => name).sort();
  expect(names()).toEqual([]);
  for (const of of [key('a'), key('a'), key('a', 'other')]) joins(of);
  expect([names(), names('other')]).toEqual([['a'], ['a']]);
  for (const of of [key('b'), key('c')]) joins(of);
  expect(names()).toEqual(['a', 'b', 'c']);
  for (const of of [key('b'), key('b')]) leaves(of);
  expect(names()).toEqual(['a', 'c']);
  leaves(key('a'));
  expect(names()).toEqual(['c']);
  leaves(key('d'));
  joins(key('b'));
  expect(names()).toEqual(['b', 'c']);
  for (const of of [key('c'), key('b')]) leaves(of);
  expect([names(), names('other')]).toEqual([[], ['a']]);
});
