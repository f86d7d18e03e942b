import type { ChannelEvent, Roster } from '@housecount/client';
import { ApiError } from '@housecount/client';
import { useEffect, useRef, useState } from 'react';
import { api } from '../api/client.ts';
import { usePoll } from '../api/use-poll.ts';

const everyMs = 2_000;
/** Events kept on the page; the oldest goes first. */
export const eventsMax = 2_000;
/** Members or events of one answer: the most the server gives. */
const pageSize = 1_000;
/** Pages of events read in one round; the rest follows in the next. */
const pagesMax = 10;
/** Pages of members read; who comes after them is counted, not listed. */
const rosterPagesMax = 5;

export interface ChannelView {
  /** Absent until the first answer, and when nobody is in the channel. */
  readonly roster?: Roster;
  /** The events of the roster's sid that the server still had, oldest first. */
  readonly events: readonly ChannelEvent[];
  /** The server has answered at least once. */
  readonly answered: boolean;
  readonly error?: unknown;
  readonly again: () => void;
}

/** A channel's roster, and its events since the sid began, followed by asking for those after the last. */
export function useChannel(app: string, channel: string): ChannelView {
  const place = { app, channel };
  const kept = useRef<{ sid: string; events: readonly ChannelEvent[] }>({ sid: '', events: [] });
  const [events, setEvents] = useState<readonly ChannelEvent[]>([]);

  const polled = usePoll<Roster | null>(
    `${app}/${channel}`,
    async (signal) => {
      const roster = await rosterOrNone(place, signal);
      if (roster === null) return null;
      if (roster.sid !== kept.current.sid) kept.current = { sid: roster.sid, events: [] };
      for (let page = 0; page < pagesMax; page++) {
        const after = kept.current.events.at(-1)?.seq ?? 0;
        if (after >= roster.seq) break;
        const asked = { ...place, sid: roster.sid, after, limit: pageSize };
        const answer = await api.call('listEvents', asked, { signal });
        kept.current = {
          sid: roster.sid,
          events: [...kept.current.events, ...answer.events].slice(-eventsMax),
        };
        if (!answer.more) break;
      }
      return roster;
    },
    everyMs,
  );
  // After each answer, so that the roster and the events on the page are of one moment.
  useEffect(() => {
    if (polled.value !== undefined) setEvents(kept.current.events);
  }, [polled.value]);

  return {
    ...(polled.value && { roster: polled.value }),
    events,
    answered: polled.value !== undefined,
    ...(polled.error !== undefined && { error: polled.error }),
    again: polled.again,
  };
}

async function rosterOrNone(
  place: { readonly app: string; readonly channel: string },
  signal: AbortSignal,
): Promise<Roster | null> {
  try {
    const roster = await api.call('getRoster', { ...place, limit: pageSize }, { signal });
    const members = [...roster.members];
    let { next } = roster;
    for (let page = 1; next !== undefined && page < rosterPagesMax; page++) {
      const more = await api.call('getRoster', { ...place, limit: pageSize, ...next }, { signal });
      members.push(...more.members);
      next = more.next;
    }
    return { ...roster, members };
  } catch (error) {
    // A channel with nobody in it is an answer, not a failure.
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
