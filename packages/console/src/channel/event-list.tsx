import type { ChannelEvent } from '@housecount/client';
import { type Evidence, presenceEndMs } from '@housecount/protocol';
import { nameOf } from '../words/person.ts';
import { wordsOfEvidence, wordsOfReason } from '../words/reasons.ts';
import { clockTime, duration, fullTime } from '../words/times.ts';
import classes from './channel.module.css';

/** Events listed, newest first; older ones are in the export and over REST. */
export const listedEventsMax = 200;

/** The events of the channel, each with its number. */
export function EventList({ events }: { events: readonly ChannelEvent[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable from the keyboard.
    <section className={classes.scroll} tabIndex={0} aria-label="Events, newest first">
      {events
        .slice(-listedEventsMax)
        .reverse()
        .map((event) => (
          <div key={event.seq} className={classes.event}>
            <span className={classes.dim} title="seq">
              #{event.seq}
            </span>
            <span className={classes.dim} title={fullTime(event.atMs)}>
              {clockTime(event.atMs)}
            </span>
            <span>{wordsOf(event)}</span>
          </div>
        ))}
    </section>
  );
}

const tellingEvidence: ReadonlySet<Evidence> = new Set([
  'socket-closed',
  'silence',
  'media-silence',
  'media-closed',
  'server-crash',
]);

function wordsOf(event: ChannelEvent): string {
  switch (event.type) {
    case 'channel-opened':
      return 'The channel opened';
    case 'channel-closed':
      return 'The channel closed';
    case 'member-joined':
      return `${nameOf(event)} joined ${event.role === 'broadcaster' ? 'on stage' : 'the audience'}`;
    case 'role-changed':
      return `${nameOf(event)} ${event.role === 'broadcaster' ? 'came on stage' : 'stepped back'}`;
    case 'member-left': {
      const stay = duration(presenceEndMs(event) - event.joinedMs);
      // Evidence that only repeats the reason is left out.
      const evidence = tellingEvidence.has(event.evidence) ? ` (${wordsOfEvidence(event.evidence)})` : '';
      return `${nameOf(event)} left: ${wordsOfReason(event.reason)}${evidence}, after ${stay}`;
    }
  }
}
