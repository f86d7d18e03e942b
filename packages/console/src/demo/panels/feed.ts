/** One line of the room's event feed. */
export interface FeedItem {
  readonly id: number;
  readonly atMs: number;
  readonly tone: 'in' | 'out' | 'stage' | 'quiet';
  readonly name: string;
  /** The words for what the person did: `joined`, `left (said goodbye)`. */
  readonly words: string;
}

/** Lines kept; the oldest goes first. */
export const feedItemsMax = 100;

/** The feed with one more line, newest first. */
export function withLine(feed: readonly FeedItem[], line: Omit<FeedItem, 'id'>): readonly FeedItem[] {
  return [{ ...line, id: (feed[0]?.id ?? 0) + 1 }, ...feed.slice(0, feedItemsMax - 1)];
}
