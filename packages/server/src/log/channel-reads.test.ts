import { expect, test } from 'bun:test';
import { TestChannel } from '../../testing/models/test-channel.ts';
import { type Channel, type ChannelKey, emptyChannel, liveKey } from '../channel/channel.ts';
import { ChannelReads } from './channel-reads.ts';

/** Counts how often it is gone through. */
class CountedMap extends Map<string, Channel> {
  walks = 0;

  override values() {
    this.walks += 1;
    return super.values();
  }
}

test('LOG66: the names of open live channels are put in order anew after a live channel opened or closed, and not otherwise', () => {
  const live = new CountedMap();
  const reads = new ChannelReads({
    channel: (key: ChannelKey) => live.get(key.name) ?? emptyChannel(key),
    channels: () => [...live.values()],
    channelsOf: (_, kind) => (kind === 'live' ? live : new Map()),
  });
  const opens = (key: ChannelKey) => {
    const channel = new TestChannel({}, key).joined(1_700_000_000_000, 1);
    if (key.kind === 'live') live.set(key.name, channel.state);
    for (const change of channel.changes) reads.absorb({ type: 'channel', key, change });
  };
  const names = () => reads.channels('app').map(({ key }) => key.name);
  opens(liveKey('app', 'b'));
  opens(liveKey('app', 'a'));
  expect(names()).toEqual(['a', 'b']);
  opens({ app: 'app', kind: 'message', name: 'lobby' });
  opens({ app: 'app', kind: 'stream', name: 'lobby' });
  expect(names()).toEqual(['a', 'b']);
  expect(live.walks).toBe(1);
  opens(liveKey('app', 'ab'));
  expect(names()).toEqual(['a', 'ab', 'b']);
  expect(live.walks).toBe(2);
});
