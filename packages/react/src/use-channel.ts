import { useCallback, useRef, useSyncExternalStore } from 'react';
import {
  type ChannelClient,
  type ChannelOptions,
  type ChannelView,
  emptyView,
  viewOfChannel,
  watchChannel,
} from './channel-store.ts';

/**
 * Subscribes to a MESSAGE channel for as long as the component is there, and gives who is in it and what is said. All
 * components that look at one channel share the subscription, with the options of the first. The client may log in before
 * or after, and reconnects by itself; with `null` nothing is subscribed.
 *
 * The components own the subscription: do not call `subscribe` or `unsubscribe` for this channel besides.
 */
export function useChannel(
  client: ChannelClient | null,
  channelName: string,
  options: ChannelOptions = {},
): ChannelView {
  // Options are read when the subscription begins; another object with each rendering begins none.
  const latest = useRef(options);
  latest.current = options;
  const watch = useCallback(
    (changed: () => void) =>
      client ? watchChannel(client, channelName, latest.current, changed) : () => undefined,
    [client, channelName],
  );
  const view = (): ChannelView => (client ? viewOfChannel(client, channelName) : emptyView);
  return useSyncExternalStore(watch, view, () => emptyView);
}
