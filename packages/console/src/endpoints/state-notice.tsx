import type { Endpoint } from '@housecount/client';
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconPlayerPause, IconPlugConnectedX } from '@tabler/icons-react';
import { wordsOfResult } from '../words/stages.ts';
import { dayTime } from '../words/times.ts';

interface Trouble {
  readonly title: string;
  readonly why?: string;
  readonly what: string;
}

/** The reason why an endpoint does not get its notices, since when, and what follows; nothing where all is well. */
export function StateNotice({
  endpoint,
  resume,
}: {
  endpoint: Endpoint;
  /** The button that resumes the endpoint; absent where it cannot be resumed. */
  resume?: { readonly busy: boolean; readonly disabled: boolean; start(): void } | undefined;
}) {
  const trouble = troubleOf(endpoint);
  if (trouble === undefined) return null;
  const Icon =
    endpoint.state === 'paused'
      ? IconPlayerPause
      : endpoint.state === 'gone'
        ? IconPlugConnectedX
        : IconAlertTriangle;
  const color = endpoint.state === 'paused' ? 'yellow' : endpoint.state === 'running' ? 'orange' : 'red';
  return (
    <Alert
      variant="default"
      styles={{
        root: { borderColor: `var(--mantine-color-${color}-6)` },
        icon: { color: `var(--mantine-color-${color}-6)` },
      }}
      icon={<Icon size={20} />}
      title={trouble.title}
      role="group"
      aria-label={trouble.title}
    >
      <Group justify="space-between" gap="sm">
        <Stack gap={2} flex="1 1 260px">
          {trouble.why && <Text size="sm">The last failure: {trouble.why}.</Text>}
          <Text size="sm">{trouble.what}</Text>
        </Stack>
        {resume && (
          <Button
            size="xs"
            variant="default"
            loading={resume.busy}
            disabled={resume.disabled}
            onClick={resume.start}
          >
            Resume
          </Button>
        )}
      </Group>
    </Alert>
  );
}

function troubleOf({ state, halt, failingSinceMs, lastAttempt, source }: Endpoint): Trouble | undefined {
  const why = halt?.why ?? lastAttempt?.result;
  const because = why === undefined ? {} : { why: wordsOfResult(why) };
  switch (state) {
    case 'paused':
      return { title: 'Paused', what: 'Nothing is sent. Its notices wait, and go on where they stopped.' };
    case 'suspended':
      return {
        title: sinceTitle('Suspended', halt?.sinceMs ?? failingSinceMs),
        ...because,
        what: 'It failed for long, so one notice a minute looks whether it is back. The others wait, and are sent as soon as one is taken.',
      };
    case 'gone':
      return {
        title: sinceTitle('Gone', halt?.sinceMs),
        ...because,
        what:
          source === 'managed'
            ? 'With 410 it said that it wants no more notices. They wait until it is resumed.'
            : 'With 410 it said that it wants no more notices. They wait; it is tried again when the server starts next.',
      };
    case 'log-failed':
      return { title: 'Waits for the log', what: 'The log cannot be read just now; nothing is lost.' };
    case 'journal-failed':
      return {
        title: 'Waits for the disk',
        what: 'What was given up cannot be written down just now, so it stays open.',
      };
    case 'running':
    case 'waiting-for-room':
      if (failingSinceMs === undefined) return undefined;
      return {
        title: sinceTitle('Failing', failingSinceMs),
        ...because,
        what: 'Each notice is tried again by the plan, then given up and kept.',
      };
    default:
      return undefined;
  }
}

function sinceTitle(state: string, sinceMs: number | undefined): string {
  return sinceMs === undefined ? state : `${state} since ${dayTime(sinceMs)}`;
}
