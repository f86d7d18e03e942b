import type { ChannelList } from '@housecount/client';
import { useDebouncedValue } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { api } from '../api/client.ts';
import { usePoll } from '../api/use-poll.ts';

const channelsEveryMs = 2_000;
/** Channels on one page of the list. */
export const rowsMax = 20;
/** Rest after the last key before a search is made, milliseconds. */
const searchAfterMs = 200;

interface ChannelPages {
  /** The page that is shown; of before, until the next is there. */
  readonly list: ChannelList | undefined;
  readonly error: unknown;
  again(): void;
  /** Something is searched for, or is about to be. */
  readonly isSearched: boolean;
  /** Its number, from 1. */
  readonly page: number;
  /** Goes to the first page. */
  begin(): void;
  turnBack(): void;
  /** undefined: there is no other page, or it is not known yet. */
  readonly turnOn: (() => void) | undefined;
}

/** An app's live channels with this in their names, the largest audience first, page by page. */
export function useChannelPages(app: string, typed: string): ChannelPages {
  const [search] = useDebouncedValue(typed.trim(), searchAfterMs);
  /** The cursor at which each page begins, up to the one that is shown. */
  const [starts, setStarts] = useState<readonly string[]>(['']);
  const after = starts.at(-1) ?? '';
  const asked = {
    app,
    sort: 'audience',
    limit: rowsMax,
    ...(search !== '' && { q: search }),
    ...(after !== '' && { after }),
  } as const;
  const { value, error, again } = usePoll(
    JSON.stringify(asked),
    (signal) => api.call('listChannels', asked, { signal }),
    channelsEveryMs,
  );
  // The rows of before stay until the next ones are there: nothing jumps while one types or turns the page.
  const last = useRef<ChannelList>(undefined);
  if (value !== undefined) last.current = value;
  const next = value?.next;
  return {
    list: value ?? last.current,
    error,
    again,
    isSearched: search !== '' || typed !== '',
    page: starts.length,
    begin: () => setStarts(['']),
    turnBack: () => setStarts(starts.slice(0, -1)),
    turnOn: next === undefined ? undefined : () => setStarts([...starts, next]),
  };
}
