import type { Feed } from '../../log/contract/feed.ts';
import { followBatchMax } from '../../log/feed/entry-feed.ts';
import type { LogEntry } from '../../log/record/record.ts';
import type { SetAside } from './set-aside.ts';

type Followed = Feed;

/**
 * The log as endpoints of one app read it: what was set aside for them first, then the log itself, each position once
 * and in order. Of what was set aside there are the app's events alone.
 */
export function appLog(log: Followed, aside: SetAside): Followed {
  return {
    get lastPosition() {
      return log.lastPosition;
    },
    follow: (after, signal) => follow(log, aside, after, signal),
  };
}

async function* follow(
  log: Followed,
  aside: SetAside,
  after: number,
  signal: AbortSignal,
): AsyncIterable<readonly LogEntry[]> {
  let position = after;
  while (!signal.aborted) {
    if (aside.covers(position)) {
      const { entries, through } = await aside.read(position);
      for (let at = 0; at < entries.length && !signal.aborted; at += followBatchMax)
        yield entries.slice(at, at + followBatchMax);
      position = through;
      continue;
    }
    try {
      for await (const batch of log.follow(position, signal)) {
        position = batch.at(-1)?.position ?? position;
        yield batch;
      }
    } catch (cause) {
      // While it was busy with a batch, what comes next may have left the log.
      if (!aside.covers(position)) throw cause;
    }
  }
}
