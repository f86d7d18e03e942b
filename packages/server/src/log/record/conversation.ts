import type { MessagePlace } from './record.ts';

/**
 * Key of the messages of a channel, or between two users, in whichever direction. Whoever keeps messages has written it down:
 * it stays as it is.
 */
export function conversationOf(place: MessagePlace & { readonly publisher: string }): string {
  const { app, channelType, channel, publisher } = place;
  if (channelType === 'MESSAGE') return `${app}/MESSAGE/${channel}`;
  return `${app}/USER/${[publisher, channel].sort().join('/')}`;
}
