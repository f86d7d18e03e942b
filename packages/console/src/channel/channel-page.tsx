import { Anchor, Badge, Button, EmptyState, Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle, useInterval } from '@mantine/hooks';
import { IconChevronLeft, IconDoorExit, IconEye, IconMail } from '@tabler/icons-react';
import { useState } from 'react';
import { useSession } from '../api/session.tsx';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { RouteLink } from '../shell/router.tsx';
import { Waiting } from '../shell/waiting.tsx';
import classes from './channel.module.css';
import { CountChart } from './count-chart.tsx';
import { EventList, listedEventsMax } from './event-list.tsx';
import { RosterTable } from './roster-table.tsx';
import { useChannel } from './use-channel.ts';

/** One channel: its members and their seq, the course of the count, and every event. */
export function ChannelPage({ app, channel }: { app: string; channel: string }) {
  useDocumentTitle(`${channel} · Housecount`);
  const { roster, events, answered, error, again } = useChannel(app, channel);
  const [nowMs, setNowMs] = useState(Date.now());
  useInterval(() => setNowMs(Date.now()), 1_000, { autoInvoke: true });
  return (
    <Stack gap="md">
      <Head app={app} channel={channel} profile={roster?.profile} />
      {error !== undefined && <Failure what="The channel cannot be read" error={error} retry={again} />}
      {roster ? (
        <div className={classes.columns}>
          <Stack gap="md" miw={0}>
            <Panel
              title="Members"
              aside={
                <Text size="xs" c="dimmed">
                  sid {roster.sid}, at seq {roster.seq}
                </Text>
              }
            >
              <Figures count={roster.count} hosts={roster.hosts} />
              {roster.members.length < roster.count && (
                <Text size="sm" c="dimmed">
                  The first {roster.members.length.toLocaleString()} to come are listed.
                </Text>
              )}
              <RosterTable members={roster.members} nowMs={nowMs} />
            </Panel>
          </Stack>
          <Stack gap="md" miw={0}>
            <Panel title="Members over time">
              <CountChart events={events} nowMs={nowMs} />
            </Panel>
            <Panel
              title="Events"
              aside={
                <Text size="xs" c="dimmed">
                  {events.length > listedEventsMax ? `the last ${listedEventsMax}` : `${events.length}`}
                </Text>
              }
            >
              <EventList events={events} />
            </Panel>
          </Stack>
        </div>
      ) : answered ? (
        <EmptyState
          icon={<IconDoorExit />}
          title="Nobody is in this channel"
          description="It opens when the first member joins, and this page shows it at once."
        />
      ) : (
        error === undefined && <Waiting />
      )}
    </Stack>
  );
}

/** What the page is about, and where to go from it. */
function Head({ app, channel, profile }: { app: string; channel: string; profile: string | undefined }) {
  const { development } = useSession();
  return (
    <div>
      <Anchor component={RouteLink} href="/" size="sm">
        <Group gap={2} component="span">
          <IconChevronLeft size={16} aria-hidden /> All channels
        </Group>
      </Anchor>
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <Title order={1} size="h3">
            {channel}
          </Title>
          {profile && <Badge variant="light">{profile}</Badge>}
        </Group>
        <Group gap="xs">
          <Button
            component={RouteLink}
            href={`/deliveries?app=${app}&channel=${encodeURIComponent(channel)}`}
            variant="default"
            size="xs"
            leftSection={<IconMail size={16} />}
          >
            Deliveries
          </Button>
          {development && (
            <Button
              component={RouteLink}
              href={`/demo?channel=${encodeURIComponent(channel)}&watch=1`}
              variant="default"
              size="xs"
              leftSection={<IconEye size={16} />}
            >
              Watch in the demo
            </Button>
          )}
        </Group>
      </Group>
    </div>
  );
}

function Figures({ count, hosts }: { count: number; hosts: number }) {
  const figures = [
    ['in all', count],
    ['on stage', hosts],
    ['in the audience', count - hosts],
  ] as const;
  return (
    <div className={classes.figures}>
      {figures.map(([label, value]) => (
        <div key={label}>
          <div className={classes.figure}>{value.toLocaleString()}</div>
          <Text size="sm" c="dimmed">
            {label}
          </Text>
        </div>
      ))}
    </div>
  );
}
