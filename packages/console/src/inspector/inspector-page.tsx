import { Badge, Button, EmptyState, Group, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconTrash, IconWebhook } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useSession } from '../api/session.tsx';
import { AppPage } from '../shell/app-page.tsx';
import { Failure } from '../shell/failure.tsx';
import { RouteLink } from '../shell/router.tsx';
import { noticeNumbers, wordsOfNotice } from '../words/notices.ts';
import classes from './inspector.module.css';
import { NoticeDrawer } from './notice-drawer.tsx';
import { noticesMax } from './notice-log.ts';
import { NoticeTable } from './notice-table.tsx';
import type { SeenNotice } from './seen-notice.ts';
import { SequenceBadges } from './sequence-badges.tsx';
import { useNotices } from './use-notices.ts';

/** Rows drawn at once; narrower filters show older ones. */
const rowsMax = 200;
const typeChoices = noticeNumbers.map((type) => ({
  value: String(type),
  label: `${type} ${wordsOfNotice(type)}`,
}));

/** Every notice as it is sent, with its answer. */
export function InspectorPage() {
  return (
    <AppPage title="Notice inspector" about="Every notice, the moment it is sent to your backend.">
      {(app) => <Inspector key={app} app={app} />}
    </AppPage>
  );
}

function Inspector({ app }: { app: string }) {
  const live = useNotices(app);
  const [frozen, setFrozen] = useState<{ notices: readonly SeenNotice[]; total: number }>();
  const [channel, setChannel] = useState('');
  const [types, setTypes] = useState<string[]>([]);
  const [opened, setOpened] = useState<SeenNotice>();
  const notices = frozen?.notices ?? live.notices;

  const matching = useMemo(() => {
    const wanted = channel.trim().toLowerCase();
    return notices.filter(
      ({ attempt }) =>
        (wanted === '' || attempt.channel.toLowerCase().includes(wanted)) &&
        (types.length === 0 || types.includes(String(attempt.eventType))),
    );
  }, [notices, channel, types]);
  const rows = useMemo(() => matching.slice(-rowsMax).reverse(), [matching]);

  return (
    <Stack gap="sm">
      {live.error !== undefined && (
        <Failure what="The stream of notices broke; it is being taken up again" error={live.error} />
      )}
      <SequenceBadges sequences={live.sequences} />
      <div className={classes.filters}>
        <TextInput
          label="Channel"
          placeholder="any"
          value={channel}
          onChange={(event) => setChannel(event.currentTarget.value)}
          flex="1 1 140px"
        />
        <MultiSelect
          label="Type"
          placeholder={types.length === 0 ? 'any' : ''}
          data={typeChoices}
          value={types}
          onChange={setTypes}
          flex="2 1 200px"
          clearable
        />
        <Button
          variant="default"
          leftSection={frozen ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
          onClick={() => setFrozen(frozen ? undefined : { notices: live.notices, total: live.total })}
        >
          {frozen ? `Go on (${live.total - frozen.total} new)` : 'Pause'}
        </Button>
        <Button
          variant="default"
          leftSection={<IconTrash size={16} />}
          onClick={() => {
            live.clear();
            setFrozen(undefined);
          }}
        >
          Clear
        </Button>
      </div>
      <Group justify="space-between" mih={24}>
        <Text size="sm" c="dimmed">
          {matching.length === notices.length
            ? `${notices.length.toLocaleString()} attempts`
            : `${matching.length} of ${notices.length} attempts match`}
          {notices.length >= noticesMax && `, older ones are not kept`}
          {matching.length > rowsMax && `, the newest ${rowsMax} are shown`}
        </Text>
        <Badge variant="dot" color={frozen ? 'yellow' : live.connected ? 'teal' : 'gray'} role="status">
          {frozen ? 'paused' : live.connected ? 'live' : 'connecting'}
        </Badge>
      </Group>
      <div className={classes.frame}>
        {rows.length > 0 ? (
          <NoticeTable notices={rows} open={setOpened} />
        ) : notices.length > 0 ? (
          <EmptyState p="xl" icon={<IconWebhook />} title="No notice matches the filter" />
        ) : (
          <NothingYet />
        )}
      </div>
      <NoticeDrawer notice={opened} close={() => setOpened(undefined)} />
    </Stack>
  );
}

function NothingYet() {
  const { development } = useSession();
  return (
    <EmptyState
      p="xl"
      icon={<IconWebhook />}
      title="No notice yet"
      description="A notice is sent when a channel opens or closes, and when someone joins, leaves or changes role. Join a channel, or run “npx housecount simulate”, and watch them come. No endpoint is needed."
    >
      {development && (
        <EmptyState.Actions>
          <Button component={RouteLink} href="/demo">
            Go live in the demo
          </Button>
        </EmptyState.Actions>
      )}
    </EmptyState>
  );
}
