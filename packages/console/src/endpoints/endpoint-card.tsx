import { Badge, Button, Code, Group, Progress, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { request, sendJson } from '../api/client.ts';
import type { EndpointInfo, SecretShown, TestReport } from '../api/shapes.ts';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { useAction } from '../shell/use-action.ts';
import { clockTime, fullTime } from '../words/times.ts';
import { TestTable } from './test-table.tsx';

/** Where the bar is full: what one endpoint may have taken and not finished. */
const backlogFull = 1_024;

/** Waiting until someone, or in time the server itself, lets it go on. */
const resumable: readonly string[] = ['paused', 'suspended', 'gone'];

/** One endpoint: how it stands, and what can be done with it. */
export function EndpointCard({
  path,
  endpoint,
  changed,
  showSecret,
}: {
  path: string;
  endpoint: EndpointInfo;
  changed: () => void;
  showSecret: (shown: SecretShown) => void;
}) {
  const { busy, error, run } = useAction();
  const [report, setReport] = useState<TestReport>();
  const [asking, setAsking] = useState(false);
  const { url, description, events, channels, secrets, state, backlog, givenUp, source } = endpoint;
  const managed = source === 'managed';
  const act = (name: string, work: () => Promise<void>) =>
    run(name, async () => {
      await work();
      changed();
    });
  const post = (operation: string) => () =>
    act(operation, async () => void (await request(`${path}/${operation}`, { method: 'POST' })));
  const test = () => act('test', async () => setReport(await sendJson<TestReport>('POST', `${path}/test`)));
  const enable = () =>
    act('enable', async () => {
      const tested = await sendJson<TestReport>('POST', `${path}/test`);
      setReport(tested);
      if (tested.ok) setReport(await sendJson<TestReport>('POST', `${path}/enable`));
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
    <Panel title={description || hostOf(url)} aside={<StateBadge endpoint={endpoint} />}>
      <Code style={{ width: 'fit-content' }}>{url}</Code>
      <Text size="sm" c="dimmed">
        {events.length === 10 ? 'Every notice' : `Notices ${events.join(', ')}`}
        {channels.length > 0 && ` of ${channels.join(', ')}`}
        {` · secret ${secrets.map(({ hint, endsMs }) => (endsMs ? `${hint} until ${fullTime(endsMs)}` : hint)).join(', ')}`}
        {!managed && ' · from the configuration file'}
      </Text>
      <Stack gap={4}>
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            {backlog === 0 ? 'Nothing waits' : `${backlog.toLocaleString()} waiting`}
            {givenUp > 0 && ` · ${givenUp.toLocaleString()} given up`}
          </Text>
          {endpoint.lastAttempt && (
            <Text size="xs" c="dimmed">
              last attempt {clockTime(endpoint.lastAttempt.atMs)}: {endpoint.lastAttempt.result}
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
      {asking ? (
        <Group gap="xs" role="alertdialog" aria-label="Delete this endpoint?">
          <Text size="sm">Delete it, with {backlog.toLocaleString()} waiting notices?</Text>
          {button(
            'delete',
            'Delete for good',
            () => act('delete', async () => void (await sendJson('DELETE', path))),
            'red',
          )}
          <Button size="xs" variant="default" onClick={() => setAsking(false)}>
            Keep it
          </Button>
        </Group>
      ) : (
        <Group gap="xs">
          {managed && state === 'disabled' && button('enable', 'Test and enable', enable)}
          {button('test', 'Test', test)}
          {managed && resumable.includes(state) && button('resume', 'Resume', post('resume'))}
          {managed && state !== 'disabled' && state !== 'paused' && button('pause', 'Pause', post('pause'))}
          {managed &&
            button('rotate', 'New secret', () =>
              act('rotate', async () =>
                showSecret(await sendJson<SecretShown>('POST', `${path}/rotate-secret`)),
              ),
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

function StateBadge({ endpoint: { state, failingSinceMs, halt } }: { endpoint: EndpointInfo }) {
  const [color, words] =
    state === 'disabled'
      ? (['gray', 'not enabled'] as const)
      : state === 'paused'
        ? (['yellow', 'paused'] as const)
        : state === 'gone'
          ? (['red', 'gone (410)'] as const)
          : state === 'suspended'
            ? ([
                'red',
                `failing since ${clockTime(halt?.sinceMs ?? failingSinceMs ?? Date.now())}, tried once a minute`,
              ] as const)
            : failingSinceMs !== undefined
              ? (['red', `failing since ${clockTime(failingSinceMs)}`] as const)
              : state === 'running'
                ? (['teal', 'enabled'] as const)
                : (['orange', state.replaceAll('-', ' ')] as const);
  return (
    <Badge color={color} variant="light" size="lg" tt="none" role="status" style={{ flexShrink: 0 }}>
      {words}
    </Badge>
  );
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : url);
