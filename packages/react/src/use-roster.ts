import type { RosterOptions, RTMClient, RTMRoster, RTMRosterMember } from '@housecount/rtm';
import { useEffect, useState } from 'react';

/** The part of a signaling client that the hook needs. */
export type RosterClient = Pick<RTMClient, 'roster' | 'addEventListener' | 'removeEventListener'>;

/** The roster of a channel at one moment. */
export interface RosterView {
  /** False until the server has told it. */
  readonly isKnown: boolean;
  /** All of them, or those in the window, in order of arrival. */
  readonly members: readonly RTMRosterMember[];
  /** Members of the whole channel, whatever the window. */
  readonly count: number;
  readonly hostCount: number;
  readonly audienceCount: number;
  readonly interruptedCount: number;
  /** The rejection of `roster`, or the cause of its end; the next login tries again. */
  readonly error: unknown;
}

const nobody: RosterView = {
  isKnown: false,
  members: [],
  count: 0,
  hostCount: 0,
  audienceCount: 0,
  interruptedCount: 0,
  error: undefined,
};
const notConnected = -10025;

/**
 * The live and exact roster of a channel of any size, for as long as the component is mounted: `{ first: 50 }` of the members,
 * `{ from, count }`, `{ countOnly: true }`, or everybody. The user need not be in the channel, and is not seen. The client may
 * log in before or after; with `null` nothing is requested. Components that look at the same share it.
 */
export function useRoster(
  client: RosterClient | null,
  channelName: string,
  options: RosterOptions = {},
): RosterView {
  const [view, setView] = useState(nobody);
  const { channelType = 'MESSAGE', first, from, count, countOnly } = options;
  // Another object with each rendering asks for nothing else.
  const wanted = JSON.stringify({ channelType, first, from, count, countOnly });
  useEffect(() => {
    setView(nobody);
    if (!client) return undefined;
    let isWatching = true;
    let roster: RTMRoster | undefined;
    let isAsking = false;
    const show = (): void => {
      if (isWatching && roster) setView(viewOf(roster));
    };
    const fail = (error: unknown): void => {
      roster = undefined;
      const isEarly = (error as { errorCode?: unknown } | null)?.errorCode === notConnected;
      if (isWatching) setView(isEarly ? nobody : { ...nobody, error });
    };
    const ask = async (): Promise<void> => {
      if (roster || isAsking) return;
      isAsking = true;
      try {
        const opened = await client.roster(channelName, JSON.parse(wanted) as RosterOptions);
        if (!isWatching) {
          opened.close();
          return;
        }
        roster = opened;
        opened.on('change', show);
        opened.on('ended', fail);
        show();
      } catch (error) {
        fail(error);
      } finally {
        isAsking = false;
      }
    };
    const onLink = ({ currentState, serviceType }: { currentState: string; serviceType: string }): void => {
      if (serviceType !== 'MESSAGE') return;
      if (currentState === 'CONNECTED') void ask();
      if (currentState !== 'IDLE') return;
      // A logout has let go of it.
      roster = undefined;
      if (isWatching) setView(nobody);
    };
    client.addEventListener('linkState', onLink);
    void ask();
    return () => {
      isWatching = false;
      client.removeEventListener('linkState', onLink);
      roster?.close();
    };
  }, [client, channelName, wanted]);
  return view;
}

const viewOf = (roster: RTMRoster): RosterView => ({
  isKnown: true,
  members: [...roster.members.values()],
  count: roster.count,
  hostCount: roster.hostCount,
  audienceCount: roster.audienceCount,
  interruptedCount: roster.interruptedCount,
  error: undefined,
});
