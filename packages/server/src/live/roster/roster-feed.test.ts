import { expect, test } from 'bun:test';
import type { ChannelEvent } from '@housecount/protocol';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { fixed } from '../../fixed-limits.ts';
import { RosterFeed } from './roster-feed.ts';

/** A feed that so many read. */
function begin(readers: number) {
  const clock = new SimClock();
  const frames: { from: number; to: number }[] = [];
  const feed = new RosterFeed({
    state: () => undefined,
    app: 'a',
    channel: 'lobby',
    broadcast: { publish: (_topic, text) => void frames.push(JSON.parse(text)) },
    clock: clock.process(),
    onRingSize: () => undefined,
  });
  feed.topicReaders = readers;
  let seq = 0;
  /** One batch of the log. */
  const happens = (changes = 1) => {
    for (let each = 0; each < changes; each++) {
      seq += 1;
      const event = { type: 'member-left', sid: 's', seq, count: 1, uid: seq, reason: 'quit' };
      feed.add(event as unknown as ChannelEvent);
    }
    feed.settle();
  };
  return { clock, frames, happens };
}

test('WIRE29: for one reader every change goes at once', () => {
  const { frames, happens } = begin(1);
  for (let each = 0; each < 200; each++) happens();
  expect(frames).toHaveLength(200);
});

test('WIRE29: for many readers the first change goes at once, and what comes while its load lasts goes together', async () => {
  const { clock, frames, happens } = begin(100);
  const loadMs = 100 * fixed.rosterMergePerReaderMs;
  happens();
  expect(frames).toMatchObject([{ from: 1, to: 1 }]);
  for (let each = 0; each < 3; each++) happens(2);
  await clock.advance(loadMs - 1);
  expect(frames).toHaveLength(1);
  await clock.advance(1);
  expect(frames[1]).toMatchObject({ from: 2, to: 7 });
  // Nothing came meanwhile: the next one is a first one again.
  await clock.advance(loadMs);
  happens();
  expect(frames[2]).toMatchObject({ from: 8, to: 8 });
});

test('WIRE29: however many read, nobody waits longer than the merge period', async () => {
  const { clock, frames, happens } = begin(1_000_000);
  happens();
  happens();
  await clock.advance(fixed.rosterMergeMs);
  expect(frames).toHaveLength(2);
});
