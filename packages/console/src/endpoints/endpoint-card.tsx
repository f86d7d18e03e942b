import type { Endpoint, EndpointSecretShown } from '@housecount/client';
import { noticeTypeNumbers } from '@housecount/protocol';
import { Anchor, Badge, Button, Code, Group, Progress, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { nameOfEndpoint } from '../api/use-endpoints.ts';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { RouteLink } from '../shell/router.tsx';
import type { Action } from '../shell/use-action.ts';
import { wordsOfResult } from '../words/stages.ts';
import { dayTime, fullTime } from '../words/times.ts';
import { EditForm } from './edit-form.tsx';
import { wordsOfFormat } from './formats.ts';
import { wordsOfRetry } from './retry-gaps.ts';
import { StateNotice } from './state-notice.tsx';
import { TestTable } from './test-table.tsx';
import { useEndpointActions } from './use-endpoint-actions.ts';

/** The backlog at which the bar is full: as many notices as one endpoint may have taken and not finished. */
const backlogFull = 1_024;

/** The states in which notices wait until someone, or in time the server itself, lets the endpoint go on. */
const resumable: readonly string[] = ['paused', 'suspended', 'gone'];

/** One endpoint: its state, and the actions on it. */
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
  const { action, report, test, enable, pause, resume, rotate, erase } = useEndpointActions(
    app,
    endpoint.endpointId,
    { changed, showSecret },
  );
  const { busy, error } = action;
  const [asking, setAsking] = useState(false);
  const [editing, setEditing] = useState(false);
  const { url, state, source } = endpoint;
  const deliveries = `/deliveries?app=${app}&endpoint=${encodeURIComponent(endpoint.endpointId)}`;
  const managed = source === 'managed';
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
            ? { busy: busy === 'resume', disabled: busy !== undefined, start: resume }
            : undefined
        }
      />
      <Backlog endpoint={endpoint} deliveries={deliveries} />
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
        <DeleteQuestion
          backlog={endpoint.backlog}
          action={action}
          erase={erase}
          keep={() => setAsking(false)}
        />
      ) : (
        <Group gap="xs">
          {managed && state === 'disabled' && (
            <ActionButton name="enable" action={action} start={enable}>
              Test and enable
            </ActionButton>
          )}
          <Button component={RouteLink} href={deliveries} size="xs" variant="default">
            Deliveries
          </Button>
          <ActionButton name="test" action={action} start={test}>
            Test
          </ActionButton>
          {managed && (
            <ManagedButtons
              state={state}
              action={action}
              edit={() => setEditing(true)}
              pause={pause}
              rotate={rotate}
              erase={() => setAsking(true)}
            />
          )}
        </Group>
      )}
    </Panel>
  );
}

/** The backlog of an endpoint, the notices that it did not get, and the result of the last attempt. */
function Backlog({ endpoint, deliveries }: { endpoint: Endpoint; deliveries: string }) {
  const { backlog, givenUp, lost, lastAttempt, failingSinceMs } = endpoint;
  return (
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
            <Text span c="red" title="They waited for longer than they are kept. The endpoint is told which.">
              {` · ${lost.toLocaleString()} lost`}
            </Text>
          )}
        </Text>
        {lastAttempt && (
          <Text size="xs" c="dimmed">
            last attempt {dayTime(lastAttempt.atMs)}: {wordsOfResult(lastAttempt.result)}
          </Text>
        )}
      </Group>
      <Progress
        size="sm"
        aria-label="Backlog"
        value={backlog === 0 ? 0 : Math.max(2, Math.min(100, (backlog / backlogFull) * 100))}
        color={backlog >= backlogFull ? 'red' : failingSinceMs === undefined ? 'teal' : 'orange'}
      />
    </Stack>
  );
}

/** The actions on an endpoint that is not of the configuration file. */
function ManagedButtons({
  state,
  action,
  edit,
  pause,
  rotate,
  erase,
}: {
  state: string;
  action: Action;
  edit: () => void;
  pause: () => void;
  rotate: () => void;
  erase: () => void;
}) {
  const disabled = action.busy !== undefined;
  return (
    <>
      <Button size="xs" variant="default" disabled={disabled} onClick={edit}>
        Change
      </Button>
      {state !== 'disabled' && state !== 'paused' && (
        <ActionButton name="pause" action={action} start={pause}>
          Pause
        </ActionButton>
      )}
      <ActionButton name="rotate" action={action} start={rotate}>
        New secret
      </ActionButton>
      <Button size="xs" variant="default" disabled={disabled} onClick={erase}>
        Delete
      </Button>
    </>
  );
}

function DeleteQuestion({
  backlog,
  action,
  erase,
  keep,
}: {
  backlog: number;
  action: Action;
  erase: () => void;
  keep: () => void;
}) {
  return (
    <Group gap="xs" role="alertdialog" aria-label="Delete this endpoint?">
      <Text size="sm">Delete it, with {backlog.toLocaleString()} waiting notices?</Text>
      <ActionButton name="delete" action={action} start={erase} color="red">
        Delete for good
      </ActionButton>
      <Button size="xs" variant="default" onClick={keep}>
        Keep it
      </Button>
    </Group>
  );
}

/** Starts the action of its name, shows that it is under way, and cannot be pressed while another one is. */
function ActionButton({
  name,
  action: { busy },
  start,
  color,
  children,
}: {
  name: string;
  action: Action;
  start: () => void;
  color?: string;
  children: ReactNode;
}) {
  return (
    <Button
      size="xs"
      variant={name === 'enable' ? 'filled' : 'default'}
      loading={busy === name}
      disabled={busy !== undefined && busy !== name}
      onClick={start}
      {...(color && { c: color })}
    >
      {children}
    </Button>
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

/** The notices and the format of an endpoint, and its further settings, in words. */
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
    // No part of a short secret is shown.
    hints.every((hint) => hint === '…') ? 'signed' : `secret ${hints.join(', ')}`,
    ...(endpoint.source === 'config' ? ['from the configuration file'] : []),
    `id\u00a0${endpoint.endpointId}`,
  ];
}
