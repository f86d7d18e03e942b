import { expect, test } from 'bun:test';
import type { IBaseProcessor } from '../api/processors.ts';
import { FakeTrack } from '../testing/fake-media.ts';
import { RemoteVideoTrack } from '../tracks/remote-video-track.ts';

const received = () => {
  const track = new FakeTrack('video').real;
  return { track, transceiver: { receiver: { track } } as unknown as RTCRtpTransceiver };
};

/** A stage that hands on a track of its own for each that it is given, to the destination. */
function stage(destination: () => IBaseProcessor) {
  const seen: (MediaStreamTrack | undefined)[] = [];
  let resets = 0;
  const processor = {
    ...{ name: 'stage', ID: 's', kind: 'video' as const, enabled: true },
    updateInput({ track, context }: { track?: MediaStreamTrack; context: never }) {
      seen.push(track);
      destination().updateInput({ track: new FakeTrack('video').real, context });
    },
    reset: () => {
      resets += 1;
    },
  } as unknown as IBaseProcessor;
  return { processor, seen, resets: () => resets };
}

test('SDK165: a processor is handed the track of the media session that took the place of another', () => {
  const [first, second] = [received(), received()];
  const remote = new RemoteVideoTrack(7, first.transceiver);
  const { processor, seen, resets } = stage(() => remote.processorDestination);
  remote.pipe(processor);
  const made = remote.getMediaStreamTrack();
  expect(made).not.toBe(first.track);
  remote.rebind(second.transceiver);
  expect(seen).toEqual([first.track, second.track]);
  expect([first.track, second.track, made]).not.toContain(remote.getMediaStreamTrack());
  expect(resets()).toBe(0);
  // The host sends it no longer: the processor is reset, and what it makes late changes nothing.
  remote.release();
  expect(resets()).toBe(1);
  expect(remote.getMediaStreamTrack()).toBe(second.track);
  remote.processorDestination.updateInput({ track: made, context: undefined as never });
  expect(remote.getMediaStreamTrack()).toBe(second.track);
});

test('SDK163: a processor that was unpiped may be piped to another track', () => {
  const [one, other] = [received(), received()].map(
    ({ transceiver }) => new RemoteVideoTrack(7, transceiver),
  );
  if (!one || !other) throw new Error('no track');
  const { processor, resets } = stage(() => one.processorDestination);
  one.pipe(processor);
  expect(() => other.pipe(processor)).toThrow('piped already');
  one.unpipe();
  other.pipe(processor);
  expect(resets()).toBe(1);
  // Another one takes its place.
  other.pipe(stage(() => other.processorDestination).processor);
  expect(resets()).toBe(2);
});
