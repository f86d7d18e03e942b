import type { Endpoint, EndpointSecretShown, TestReport } from '@housecount/client';
import { noticeTypeNumbers } from '@housecount/protocol';
import { Anchor, Badge, Button, Code, Group, Progress, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { api } from '../api/client.ts';
import { nameOfEndpoint } from '../api/use-endpoints.ts';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { RouteLink } from '../shell/router.tsx';
import { useAction } from '../shell/use-action.ts';
import { wordsOfResult } from '../words/stages.ts';
import { dayTime, fullTime } from '../words/times.ts';
import { EditForm } from './edit-form.tsx';
import { wordsOfFormat } from './formats.ts';
import { wordsOfRetry } from './retry-gaps.ts';
import { StateNotice } from './state-notice.tsx';
import { TestTable } from './test-table.tsx';

/** Where the bar is full: what one endpoint may have taken and not finished. */
const backlogFull = 1_024;

/** Waiting until someone, or in time the server itself, lets it go on. */
const resumable: readonly string[] = ['paused', 'suspended', 'gone'];

/** One endpoint: how it stands, and what can be done with it. */
export function EndpointCard({
  app,
  endpoint,
  changed,
  showSecret,
}: {
  app: string;
  endpoint: Endpoint;
  changed: () => void;
  showSecret: (shown: EndpointSecretShown) => void;
}) {
  const { busy, error, run } = useAction();
  const [report, setReport] = useState<TestReport>();
  const [asking, setAsking] = useState(false);
  const [editing, setEditing] = useState(false);
  const { url, state, backlog, givenUp, lost, source } = endpoint;
  const deliveries = `/deliveries?app=${app}&endpoint=${encodeURIComponent(endpoint.endpointId)}`;
  const managed = source === 'managed';
  const act = (name: string, work: () => Promise<void>) =>
    run(name, async () => {
      await work();
      changed();
    });
  const which = { app, id: endpoint.endpointId };
  const post = (operation: 'pause' | 'resume') => () =>
    act(operation, async () => void (await api.call(`${operation}Endpoint`, which)));
  const test = () => act('test', async () => setReport(await api.call('testEndpoint', which)));
  const enable = () =>
    act('enable', async () => {
      const tested = await api.call('testEndpoint', which);
      setReport(tested);
      if (tested.ok) setReport(await api.call('enableEndpoint', which));
    });
  const button = (operation: string, label: string, start: () => void, color?: string) => (
    <Button
      size="xs"
      variant={operation === 'enable' ? 'filled' : 'default'}
      loading={busy === operation}
      disabled={busy !== undefined && busy !== operation}
      onClick={start}
      {...(color && { c: color })}
    >
      {label}
    </Button>
  );
  return (
    <Panel title={nameOfEndpoint(endpoint)} aside={<StateBadge endpoint={endpoint} />}>
      <Code style={{ width: 'fit-content' }}>{url}</Code>
      <Text size="sm" c="dimmed">
        {factsOf(endpoint).join(' · ')}
      </Text>
      <StateNotice
        endpoint={endpoint}
        resume={
          managed && resumable.includes(state)
            ? { busy: busy === 'resume', disabled: busy !== undefined, start: post('resume') }
            : undefined
        }
      />
      <Stack gap={4}>
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            {backlog === 0 ? 'Nothing waits' : `${backlog.toLocaleString()} waiting`}
            {givenUp > 0 && (
              <>
                {' · '}
                <Anchor component={RouteLink} href={`${deliveries}&status=given-up`} size="xs">
                  {givenUp.toLocaleString()} given up
                </Anchor>
              </>
            )}
            {lost > 0 && (
              <Text
                span
                c="red"
                title="They waited for longer than they are kept. The endpoint is told which."
              >
                {` · ${lost.toLocaleString()} lost`}
              </Text>
            )}
          </Text>
          {endpoint.lastAttempt && (
            <Text size="xs" c="dimmed">
              last attempt {dayTime(endpoint.lastAttempt.atMs)}: {wordsOfResult(endpoint.lastAttempt.result)}
            </Text>
          )}
        </Group>
        <Progress
          size="sm"
          aria-label="Backlog"
          value={backlog === 0 ? 0 : Math.max(2, Math.min(100, (backlog / backlogFull) * 100))}
          color={backlog >= backlogFull ? 'red' : endpoint.failingSinceMs === undefined ? 'teal' : 'orange'}
        />
      </Stack>
      {error !== undefined && <Failure what="That did not work" error={error} />}
      {report && <TestTable results={report.results} />}
      {editing ? (
        <EditForm
          endpoint={endpoint}
          close={() => {
            setEditing(false);
            changed();
          }}
        />
      ) : asking ? (
        <Group gap="xs" role="alertdialog" aria-label="Delete this endpoint?">
          <Text size="sm">Delete it, with {backlog.toLocaleString()} waiting notices?</Text>
          {button(
            'delete',
            'Delete for good',
            () => act('delete', async () => void (await api.call('deleteEndpoint', which))),
            'red',
          )}
          <Button size="xs" variant="default" onClick={() => setAsking(false)}>
            Keep it
          </Button>
        </Group>
      ) : (
        <Group gap="xs">
          {managed && state === 'disabled' && button('enable', 'Test and enable', enable)}
          <Button component={RouteLink} href={deliveries} size="xs" variant="default">
            Deliveries
          </Button>
          {button('test', 'Test', test)}
          {managed && (
            <Button
              size="xs"
              variant="default"
              disabled={busy !== undefined}
              onClick={() => setEditing(true)}
            >
              Change
            </Button>
          )}
          {managed && state !== 'disabled' && state !== 'paused' && button('pause', 'Pause', post('pause'))}
          {managed &&
            button('rotate', 'New secret', () =>
              act('rotate', async () => showSecret(await api.call('rotateEndpointSecret', which))),
            )}
          {managed && (
            <Button size="xs" variant="default" disabled={busy !== undefined} onClick={() => setAsking(true)}>
              Delete
            </Button>
          )}
        </Group>
      )}
    </Panel>
  );
}

const badges: Readonly<Record<string, readonly [color: string, words: string]>> = {
  disabled: ['gray', 'not enabled'],
  paused: ['yellow', 'paused'],
  suspended: ['red', 'suspended'],
  gone: ['red', 'gone'],
};

function StateBadge({ endpoint: { state, failingSinceMs } }: { endpoint: Endpoint }) {
  const [color, words] =
    badges[state] ??
    (failingSinceMs !== undefined
      ? ['orange', 'failing']
      : state === 'running'
        ? ['teal', 'enabled']
        : ['orange', state.replaceAll('-', ' ')]);
  return (
    <Badge color={color} variant="light" size="lg" tt="none" role="status" style={{ flexShrink: 0 }}>
      {words}
    </Badge>
  );
}

/** What it takes, and how. */
function factsOf(endpoint: Endpoint): string[] {
  const { events, channels, secrets, headerNames, allowPrivateNetwork } = endpoint;
  const notices =
    events.length === noticeTypeNumbers.length ? 'Every notice' : `Notices ${events.join(', ')}`;
  const hints = secrets.map(({ hint, endsMs }) => (endsMs ? `${hint} until ${fullTime(endsMs)}` : hint));
  return [
    channels.length > 0 ? `${notices} of ${channels.join(', ')}` : notices,
    wordsOfFormat(endpoint.format),
    wordsOfRetry(endpoint.retry),
    ...(endpoint.redeliverGivenUp ? [] : ['given up for good']),
    ...(headerNames.length > 0 ? [`with ${headerNames.join(', ')}`] : []),
    ...(allowPrivateNetwork ? ['private network'] : []),
    // Of a short secret nothing is shown.
    hints.every((hint) => hint === '…') ? 'signed' : `secret ${hints.join(', ')}`,
    ...(endpoint.source === 'config' ? ['from the configuration file'] : []),
    `id\u00a0${endpoint.endpointId}`,
  ];
}
