import type { AppSummary, ChannelList } from '@housecount/client';
import { Badge, Button, EmptyState, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { IconBroadcast, IconChevronRight, IconEye, IconMoodEmpty, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useSession } from '../api/session.tsx';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { RouteLink } from '../shell/router.tsx';
import classes from './home.module.css';
import { rowsMax, useChannelPages } from './use-channel-pages.ts';

/** A shorter list is seen whole: it needs no search. */
const searchFrom = 6;

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
  const { list, error, again, isSearched, page, begin, turnBack, turnOn } = useChannelPages(app.id, typed);
  const isFirst = page === 1;
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
            begin();
          }}
        />
      )}
      {error !== undefined && <Failure what="The channels cannot be read" error={error} retry={again} />}
      {list === undefined ? (
        error === undefined && <Skeleton height={120} />
      ) : list.channels.length > 0 ? (
        list.channels.map((channel) => <ChannelRow key={channel.channel} app={app.id} channel={channel} />)
      ) : isSearched || !isFirst ? (
        <Text size="sm" c="dimmed">
          {isFirst ? 'No live channel has this in its name.' : 'No more channels here.'}
        </Text>
      ) : (
        <NobodyLive />
      )}
      {list !== undefined && (list.total > rowsMax || !isFirst) && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" role="status">
            {rangeOf(page, list)}
          </Text>
          <Group gap="xs">
            <Button variant="default" size="xs" disabled={isFirst} onClick={turnBack}>
              Previous
            </Button>
            <Button variant="default" size="xs" disabled={turnOn === undefined} onClick={turnOn}>
              Next
            </Button>
          </Group>
        </Group>
      )}
    </Stack>
  );
}

function NobodyLive() {
  const { development } = useSession();
  return (
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
  );
}

function ChannelRow({
  app,
  channel: { channel, hosts, audience },
}: {
  app: string;
  channel: ChannelList['channels'][number];
}) {
  return (
    <RouteLink className={classes.row} href={`/channels/${app}/${encodeURIComponent(channel)}`}>
      <span className={classes.rowName}>{channel}</span>
      <Group gap={6} wrap="nowrap">
        <Badge
          variant="light"
          color="red"
          leftSection={<IconBroadcast size={13} />}
          aria-label={`${hosts} on stage`}
        >
          {hosts}
        </Badge>
        <Badge variant="light" leftSection={<IconEye size={13} />} aria-label={`${audience} in the audience`}>
          {audience.toLocaleString()}
        </Badge>
        <IconChevronRight size={16} aria-hidden />
      </Group>
    </RouteLink>
  );
}

/** The range of channels that a page shows, for people. */
function rangeOf(page: number, { channels, total }: ChannelList): string {
  const first = (page - 1) * rowsMax + 1;
  const of = `of ${total.toLocaleString()}`;
  if (channels.length === 0) return of;
  return `${first.toLocaleString()} to ${(first + channels.length - 1).toLocaleString()} ${of}, by audience`;
}
