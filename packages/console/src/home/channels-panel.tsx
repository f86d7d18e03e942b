import type { AppSummary, ChannelList } from '@housecount/client';
import { Badge, Button, EmptyState, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconBroadcast, IconChevronRight, IconEye, IconMoodEmpty, IconSearch } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { api } from '../api/client.ts';
import { useSession } from '../api/session.tsx';
import { usePoll } from '../api/use-poll.ts';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { RouteLink } from '../shell/router.tsx';
import classes from './home.module.css';

const channelsEveryMs = 2_000;
/** Channels on one page of the list. */
const rowsMax = 20;
/** A shorter list is seen whole: it needs no search. */
const searchFrom = 6;
/** Rest after the last key before a search is made, milliseconds. */
const searchAfterMs = 200;

/** The live channels of all apps, the largest audience first, with the numbers on stage and in the audience. */
export function ChannelsPanel({ apps }: { apps: readonly AppSummary[] | undefined }) {
  return (
    <Panel title="Live channels">
      {apps === undefined ? (
        <Skeleton height={120} />
      ) : (
        <Stack gap="sm">
          {apps.map((app) => (
            <AppChannels key={app.id} app={app} named={apps.length > 1} />
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function AppChannels({ app, named }: { app: AppSummary; named: boolean }) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), searchAfterMs);
  /** The cursor at which each page begins, up to the one that is shown. */
  const [starts, setStarts] = useState<readonly string[]>(['']);
  const after = starts.at(-1) ?? '';
  const asked = {
    app: app.id,
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
  const { development } = useSession();
  // The rows of before stay until the next ones are there: nothing jumps while one types or turns the page.
  const last = useRef<ChannelList>(undefined);
  if (value !== undefined) last.current = value;
  const list = value ?? last.current;
  const channels = list?.channels;
  const isFirst = starts.length === 1;
  const isSearched = search !== '' || typed !== '';
  return (
    <Stack gap={8} mih={120}>
      {named && (
        <Text size="xs" c="dimmed">
          App {app.id}
        </Text>
      )}
      {(isSearched || (list !== undefined && list.total >= searchFrom)) && (
        <TextInput
          label="Find a channel"
          placeholder="Part of its name"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setStarts(['']);
          }}
        />
      )}
      {error !== undefined && <Failure what="The channels cannot be read" error={error} retry={again} />}
      {channels === undefined ? (
        error === undefined && <Skeleton height={120} />
      ) : channels.length === 0 && (isSearched || !isFirst) ? (
        <Text size="sm" c="dimmed">
          {isFirst ? 'No live channel has this in its name.' : 'No more channels here.'}
        </Text>
      ) : channels.length === 0 ? (
        <EmptyState
          size="sm"
          icon={<IconMoodEmpty />}
          title="Nobody is live"
          description={
            development
              ? 'Press “Go live” above, then open the link on another device.'
              : 'A channel shows up here when its first member joins.'
          }
        />
      ) : (
        channels.map((channel) => (
          <RouteLink
            key={channel.channel}
            className={classes.row}
            href={`/channels/${app.id}/${encodeURIComponent(channel.channel)}`}
          >
            <span className={classes.rowName}>{channel.channel}</span>
            <Group gap={6} wrap="nowrap">
              <Badge
                variant="light"
                color="red"
                leftSection={<IconBroadcast size={13} />}
                aria-label={`${channel.hosts} on stage`}
              >
                {channel.hosts}
              </Badge>
              <Badge
                variant="light"
                leftSection={<IconEye size={13} />}
                aria-label={`${channel.audience} in the audience`}
              >
                {channel.audience.toLocaleString()}
              </Badge>
              <IconChevronRight size={16} aria-hidden />
            </Group>
          </RouteLink>
        ))
      )}
      {list !== undefined && (list.total > rowsMax || !isFirst) && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" role="status">
            {rangeOf(starts.length, list)}
          </Text>
          <Group gap="xs">
            <Button
              variant="default"
              size="xs"
              disabled={isFirst}
              onClick={() => setStarts(starts.slice(0, -1))}
            >
              Previous
            </Button>
            <Button
              variant="default"
              size="xs"
              disabled={value?.next === undefined}
              onClick={() => value?.next !== undefined && setStarts([...starts, value.next])}
            >
              Next
            </Button>
          </Group>
        </Group>
      )}
    </Stack>
  );
}

/** The range of channels that a page shows, for people. */
function rangeOf(page: number, { channels, total }: ChannelList): string {
  const first = (page - 1) * rowsMax + 1;
  const of = `of ${total.toLocaleString()}`;
  if (channels.length === 0) return of;
  return `${first.toLocaleString()} to ${(first + channels.length - 1).toLocaleString()} ${of}, by audience`;
}
