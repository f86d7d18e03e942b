import { Badge, EmptyState, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconBroadcast, IconChevronRight, IconEye, IconMoodEmpty } from '@tabler/icons-react';
import { getJson } from '../api/client.ts';
import { useSession } from '../api/session.tsx';
import type { AppSummary, ChannelList } from '../api/shapes.ts';
import { usePoll } from '../api/use-poll.ts';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { RouteLink } from '../shell/router.tsx';
import classes from './home.module.css';

const channelsEveryMs = 2_000;
/** Rows shown; more channels are counted, not listed. */
const rowsMax = 50;

/** What is live now, over all apps, with how many are on stage and in the audience. */
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
  const { value, error, again } = usePoll(
    app.id,
    (signal) => getJson<ChannelList>(`/v1/apps/${app.id}/channels?limit=${rowsMax}`, { signal }),
    channelsEveryMs,
  );
  const { development } = useSession();
  const channels = value?.channels;
  return (
    <Stack gap={8} mih={120}>
      {named && (
        <Text size="xs" c="dimmed">
          App {app.id}
        </Text>
      )}
      {error !== undefined && <Failure what="The channels cannot be read" error={error} retry={again} />}
      {channels === undefined ? (
        error === undefined && <Skeleton height={120} />
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
      {value !== undefined && value.total > rowsMax && (
        <Text size="sm" c="dimmed">
          and {(value.total - rowsMax).toLocaleString()} more
        </Text>
      )}
    </Stack>
  );
}
