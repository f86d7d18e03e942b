import { HousecountError } from '@housecount/protocol';
import { limits } from '../limits.ts';
import type { RosterReader, RosterSubscription } from './roster-subscription.ts';

/** Frames of a roster stream as JSON texts. */
export type RosterFrames = AsyncGenerator<string, void, void>;

/** A roster stream as an iterator: follows from the first `next` until the signal aborts or the consumer stops. */
export async function* rosterFrames(
  follow: (reader: RosterReader) => RosterSubscription,
  signal: AbortSignal,
): RosterFrames {
  const queue: string[] = [];
  let queuedLength = 0;
  let slow = false;
  let wake: () => void = () => {};
  if (signal.aborted) return;
  const subscription = follow({
    send(text) {
      queue.push(text);
      queuedLength += text.length;
      if (queuedLength > limits.socketBacklogBytesMax) slow = true;
      wake();
    },
    bufferedBytes: () => queuedLength,
    goLive: () => false,
    leaveLive() {},
    onSlow() {
      slow = true;
      wake();
    },
  });
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      if (slow) throw new HousecountError('slow_reader');
      const text = queue.shift();
      if (text === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      queuedLength -= text.length;
      subscription.drained();
      yield text;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    subscription.stop();
  }
}
