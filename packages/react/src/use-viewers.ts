import type { Audience, ChannelCounts, IAgoraRTCClient, Member, RosterWindow } from '@housecount/rtc';
import { useEffect, useState } from 'react';

/** The part of a client for live video that the hook needs. A client of another SDK has no `roster`, which is then the error. */
export type ViewersClient = Pick<IAgoraRTCClient, 'connectionState' | 'on' | 'off'> & {
  readonly roster?: Audience['roster'];
};

/** The viewers of a live channel at one moment. */
export interface ViewersView {
  /** False until the server has told the first counts. */
  readonly isKnown: boolean;
  /** Hosts and audience, in order of arrival: the first of them. */
  readonly members: readonly Member[];
  readonly count: number;
  readonly hostCount: number;
  readonly audienceCount: number;
  /** The rejection of `roster`, for instance when the app shows the members to hosts only. */
  readonly error: unknown;
}

const nobody: ViewersView = {
  isKnown: false,
  members: [],
  count: 0,
  hostCount: 0,
  audienceCount: 0,
  error: undefined,
};

/**
 * The members of the live channel that the client has joined, or joins later: the exact counts, and the first members by arrival
 * (50 unless given, 1,000 at most), whatever the size of the channel. A client has one such window, so use it once a client.
 */
export function useViewers(client: ViewersClient | null, first = 50): ViewersView {
  const [view, setView] = useState(nobody);
  useEffect(() => {
    setView(nobody);
    if (!client) return undefined;
    let isWatching = true;
    const change = (part: Partial<ViewersView>): void => {
      if (isWatching) setView((before) => ({ ...before, ...part }));
    };
    const onCounts = ({ count, hostCount, audienceCount }: ChannelCounts): void =>
      change({ isKnown: true, count, hostCount, audienceCount });
    const onWindow = ({ members, count, hostCount, audienceCount }: RosterWindow): void =>
      change({ isKnown: true, members: [...members], count, hostCount, audienceCount });
    const ask = (): void => {
      if (!client.roster) change({ error: new TypeError('the client has no roster: it is of another SDK') });
      else client.roster({ first }).then(onWindow, (error: unknown) => change({ error }));
    };
    const onConnection = (now: string): void => {
      if (now === 'CONNECTED') ask();
      else if (now === 'DISCONNECTED') change(nobody);
    };
    client.on('connection-state-change', onConnection);
    client.on('channel-count', onCounts);
    client.on('roster-window', onWindow);
    if (client.connectionState === 'CONNECTED') ask();
    return () => {
      isWatching = false;
      client.off('connection-state-change', onConnection);
      client.off('channel-count', onCounts);
      client.off('roster-window', onWindow);
    };
  }, [client, first]);
  return view;
}
