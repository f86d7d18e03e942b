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
