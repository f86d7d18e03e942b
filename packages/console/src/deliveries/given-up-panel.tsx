import type { Endpoint } from '@housecount/client';
import { ApiError } from '@housecount/client';
import { Button, Group, Stack, Text } from '@mantine/core';
import { IconMailX } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { api } from '../api/client.ts';
import { nameOfEndpoint } from '../api/use-endpoints.ts';
import { usePoll } from '../api/use-poll.ts';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { ofNotices } from './redelivery.ts';

/** A count reads all that an endpoint was given up on, so it is not made often. */
const countEveryMs = 30_000;

/** The dead letters of an app: what its endpoints did not take and have not taken since. Nothing, if there are none. */
export function GivenUpPanel({
  app,
  endpoints,
  round,
  show,
  deliverAgain,
}: {
  app: string;
  endpoints: readonly Endpoint[];
  /** Counted anew when it changes. */
  round: number;
  show: (endpointId: string) => void;
  deliverAgain: (endpointId: string) => void;
}) {
  const suspects = endpoints.filter(({ givenUp }) => givenUp > 0);
  const ids = suspects.map(({ endpointId }) => endpointId);
  const { value, error, again } = usePoll(
    JSON.stringify([app, ids]),
    async (signal) => {
      const counts = new Map<string, number | 'too many'>();
      for (const id of ids) counts.set(id, await countOf(app, id, signal));
      return counts;
    },
    countEveryMs,
  );
  const counted = useRef(round);
  useEffect(() => {
    if (round === counted.current) return;
    counted.current = round;
    again();
  }, [round, again]);
  if (error !== undefined && value === undefined)
    return <Failure what="The notices that were given up cannot be counted" error={error} retry={again} />;
  const letters = suspects.flatMap((endpoint) => {
    const count = value?.get(endpoint.endpointId) ?? 0;
    return count === 0 ? [] : [{ endpoint, count }];
  });
  if (letters.length === 0) return null;
  return (
    <Panel title="Given up" aside={<IconMailX size={20} color="var(--mantine-color-red-6)" aria-hidden />}>
      <Text size="sm" c="dimmed">
        Every attempt of these was made, and none was taken. They are sent once more when the endpoint answers
        again, unless that is switched off; you can send them now.
      </Text>
      <Stack gap={8}>
        {letters.map(({ endpoint, count }) => (
          <Group key={endpoint.endpointId} justify="space-between" gap="xs">
            <Text size="sm">
              <b>{count === 'too many' ? 'Too many notices to count' : ofNotices(count)}</b> for{' '}
              {nameOfEndpoint(endpoint)}
            </Text>
            <Group gap="xs">
              <Button size="xs" variant="default" onClick={() => show(endpoint.endpointId)}>
                Show them
              </Button>
              <Button size="xs" variant="default" onClick={() => deliverAgain(endpoint.endpointId)}>
                Deliver again…
              </Button>
            </Group>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}

async function countOf(app: string, endpoint: string, signal: AbortSignal): Promise<number | 'too many'> {
  try {
    const body = { endpoint, givenUp: true, dryRun: true } as const;
    return (await api.call('redeliver', { app, body }, { signal })).notices;
  } catch (cause) {
    if (cause instanceof ApiError && cause.code === 'query_invalid') return 'too many';
    // Deleted since the list was made.
    if (cause instanceof ApiError && cause.code === 'not_found') return 0;
    throw cause;
  }
}
