import type { DeliveryWithAttempts } from '@housecount/client';
import { eventsLostType } from '@housecount/protocol';
import { Alert, Badge, Button, Drawer, Group, Stack, Table, Text } from '@mantine/core';
import { IconArrowForwardUp } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { api } from '../api/client.ts';
import type { Endpoints } from '../api/use-endpoints.ts';
import { usePoll } from '../api/use-poll.ts';
import { CopyIcon } from '../shell/copy-button.tsx';
import { Failure } from '../shell/failure.tsx';
import { useAction } from '../shell/use-action.ts';
import { Waiting } from '../shell/waiting.tsx';
import { colorOfNotice, wordsOfNotice } from '../words/notices.ts';
import { nameOf } from '../words/person.ts';
import { fullTime } from '../words/times.ts';
import { AttemptTimeline } from './attempt-timeline.tsx';
import { RedeliveryStand } from './redelivery-stand.tsx';
import { StatusBadge } from './status-badge.tsx';

const lookEveryMs = 3_000;

/** Names one delivery. */
export interface DeliveryName {
  readonly endpoint: string;
  readonly noticeId: string;
}

/** One delivery with all its attempts, and a way to make one more. */
export function DeliveryDrawer({
  app,
  opened,
  endpoints,
  changed,
  close,
}: {
  app: string;
  opened: DeliveryName | undefined;
  endpoints: Endpoints;
  changed: () => void;
  close: () => void;
}) {
  return (
    <Drawer
      opened={opened !== undefined}
      onClose={close}
      position="right"
      size="lg"
      title={
        <Text fw={650} component="span">
          Delivery
        </Text>
      }
      closeButtonProps={{ 'aria-label': 'Close the delivery' }}
    >
      {opened && (
        <Details
          key={`${opened.endpoint} ${opened.noticeId}`}
          app={app}
          name={opened}
          endpoints={endpoints}
          changed={changed}
        />
      )}
    </Drawer>
  );
}

function Details({
  app,
  name: { endpoint, noticeId },
  endpoints,
  changed,
}: {
  app: string;
  name: DeliveryName;
  endpoints: Endpoints;
  changed: () => void;
}) {
  // Attempts carry their requests, so a delivery that will not be tried again by itself is not read again and again.
  const [goesOn, setGoesOn] = useState(true);
  const { value, error, again } = usePoll(
    `${app}/${endpoint}/${noticeId}`,
    (signal) => api.call('getDelivery', { app, endpoint, noticeId }, { signal }),
    goesOn ? lookEveryMs : undefined,
  );
  const isRetrying = value === undefined || value.status === 'retrying';
  useEffect(() => setGoesOn(isRetrying), [isRetrying]);
  const { busy, error: refused, run } = useAction();
  const [redelivery, setRedelivery] = useState<string>();
  const isWordOfLoss = value?.type === eventsLostType;
  const isThere = endpoints.list?.some(({ endpointId }) => endpointId === endpoint) ?? true;
  if (value === undefined)
    return error === undefined ? (
      <Waiting height={240} />
    ) : (
      <Failure what="This delivery cannot be read" error={error} retry={again} />
    );
  const deliverAgain = () =>
    run('again', async () => {
      const answer = await api.call('redeliver', { app, body: { endpoint, noticeId } });
      setRedelivery(answer.redelivery?.id);
    });
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Badge size="lg" variant="light" color={colorOfNotice(value.type)}>
            {value.type}
          </Badge>
          <Text fw={650}>{wordsOfNotice(value.type)}</Text>
          <StatusBadge status={value.status} />
        </Group>
        <Button
          size="xs"
          leftSection={<IconArrowForwardUp size={16} />}
          loading={busy !== undefined}
          disabled={!isThere || isWordOfLoss}
          onClick={deliverAgain}
        >
          Deliver again
        </Button>
      </Group>
      {isWordOfLoss && (
        <Alert variant="default" p="xs">
          It tells the endpoint which events it will not be sent, because they waited for too long. It is told
          until it is taken. To send those events after all, deliver again what came since a time.
        </Alert>
      )}
      {!isThere && (
        <Alert variant="default" p="xs">
          The endpoint is no longer there: nothing can be sent to it.
        </Alert>
      )}
      {refused !== undefined && <Failure what="It is not delivered again" error={refused} />}
      {redelivery !== undefined && (
        <RedeliveryStand
          key={redelivery}
          app={app}
          id={redelivery}
          ended={() => {
            again();
            changed();
          }}
        />
      )}
      {error !== undefined && <Failure what="It cannot be read just now" error={error} retry={again} />}
      <Facts delivery={value} endpoint={endpoints.nameOf(endpoint)} />
      <Text fw={600} size="sm">
        {value.made.length === 1 ? 'One attempt' : `${value.made.length} attempts`}
        {value.made.length < value.attempts && ` of ${value.attempts.toLocaleString()}, the first ones`}
      </Text>
      <AttemptTimeline noticeId={noticeId} made={value.made} />
    </Stack>
  );
}

function Facts({ delivery, endpoint }: { delivery: DeliveryWithAttempts; endpoint: string }) {
  const { uid, account } = delivery;
  const facts: [string, string | undefined][] = [
    ['Endpoint', endpoint],
    ['Channel', delivery.channel || 'several'],
    [
      'Member',
      uid === undefined ? undefined : `${nameOf({ uid, account })}${account ? ` (uid ${uid})` : ''}`,
    ],
    ['Sid, seq', delivery.sid === '' ? undefined : `${delivery.sid}, ${delivery.seq}`],
    ['Happened', fullTime(delivery.eventMs)],
  ];
  return (
    <Table variant="vertical" layout="fixed" withTableBorder>
      <Table.Tbody>
        {facts.map(
          ([label, value]) =>
            value !== undefined && (
              <Table.Tr key={label}>
                <Table.Th w={120}>{label}</Table.Th>
                <Table.Td>{value}</Table.Td>
              </Table.Tr>
            ),
        )}
        <Table.Tr>
          <Table.Th>Notice id</Table.Th>
          <Table.Td>
            <Group gap={4} wrap="nowrap">
              <span>{delivery.noticeId}</span>
              <CopyIcon value={delivery.noticeId} label="Copy the notice id" />
            </Group>
          </Table.Td>
        </Table.Tr>
      </Table.Tbody>
    </Table>
  );
}
