import { ApiError } from '@housecount/client';
import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { api } from '../api/client.ts';
import { usePoll } from '../api/use-poll.ts';
import { Failure } from '../shell/failure.tsx';
import { useAction } from '../shell/use-action.ts';
import { wordsOfRedelivery } from './redelivery.ts';

const lookEveryMs = 500;

/** The state of a redelivery, with a bar, and a way to end it. `ended` is called once when it has ended. */
export function RedeliveryStand({ app, id, ended }: { app: string; id: string; ended: () => void }) {
  const [quiet, setQuiet] = useState(false);
  const { value, error, again } = usePoll(
    `${app}/${id}`,
    (signal) => api.call('getRedelivery', { app, id }, { signal }),
    quiet ? undefined : lookEveryMs,
  );
  const cancel = useAction();
  const isOver = value?.endedMs !== undefined;
  const tell = useRef(ended);
  tell.current = ended;
  useEffect(() => {
    if (isOver) tell.current();
  }, [isOver]);
  // Redeliveries are remembered until the server stops, and the newest hundred only.
  const isForgotten = error instanceof ApiError && error.code === 'not_found';
  useEffect(() => setQuiet(isOver || isForgotten), [isOver, isForgotten]);
  if (isForgotten && !isOver)
    return (
      <Text size="sm" role="status" aria-label="Redelivery">
        How it ended is not known any more: the server has started again since, or it is long ago.
      </Text>
    );
  if (value === undefined)
    return error === undefined ? (
      <Progress value={0} aria-label="Progress" />
    ) : (
      <Failure what="How the redelivery stands cannot be read" error={error} retry={again} />
    );
  const { notices, delivered, failed, gone, state, trouble } = value;
  const share = (count: number) => (notices === 0 ? 0 : (count / notices) * 100);
  return (
    <Stack gap={6}>
      <Group justify="space-between" mih={30}>
        <Text size="sm" role="status" aria-label="Redelivery">
          {wordsOfRedelivery(value)}
        </Text>
        {!isOver && (
          <Button
            size="xs"
            variant="default"
            loading={cancel.busy !== undefined}
            onClick={() =>
              cancel.run('cancel', async () => {
                await api.call('cancelRedelivery', { app, id });
                again();
              })
            }
          >
            Cancel
          </Button>
        )}
      </Group>
      <Progress.Root size="md">
        <Progress.Section value={share(delivered)} color="teal" aria-label="Taken" />
        <Progress.Section value={share(failed)} color="red" aria-label="Failed" />
        <Progress.Section value={share(gone)} color="gray" aria-label="No longer kept" />
      </Progress.Root>
      {trouble !== undefined && (
        <Text size="xs" c="dimmed">
          {state === 'failed' ? trouble : `Last failure: ${trouble}`}
        </Text>
      )}
      {cancel.error !== undefined && <Failure what="It was not cancelled" error={cancel.error} />}
    </Stack>
  );
}
