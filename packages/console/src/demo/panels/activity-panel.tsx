import { Text } from '@mantine/core';
import { memo } from 'react';
import { clockTime } from '../../words/times.ts';
import classes from '../room.module.css';
import type { FeedItem } from './feed.ts';

/** Shows what happened, newest first, each line as it comes. */
export function ActivityPanel({ feed }: { feed: readonly FeedItem[] }) {
  return (
    <section className={classes.panel} aria-label="Activity">
      <header className={classes.panelHead}>
        <h2 className={classes.panelTitle}>Activity</h2>
      </header>
      {feed.length === 0 ? (
        <Text size="sm" c="dimmed">
          Joins and leaves appear here.
        </Text>
      ) : (
        <ol
          className={classes.feed}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable from the keyboard.
          tabIndex={0}
          aria-label="What happened, newest first"
          aria-live="polite"
          aria-relevant="additions"
        >
          {feed.map((item) => (
            <Line key={item.id} item={item} />
          ))}
        </ol>
      )}
    </section>
  );
}

const Line = memo(function Line({ item }: { item: FeedItem }) {
  return (
    <li className={classes.feedLine} data-tone={item.tone}>
      <span className={classes.dot} aria-hidden />
      <span>
        <strong>{item.name}</strong> {item.words}
      </span>
      <time className={classes.quiet} dateTime={new Date(item.atMs).toISOString()}>
        {clockTime(item.atMs)}
      </time>
    </li>
  );
});
