import type { RedeliveryRequest } from '@housecount/client';
import { Button, Group, Modal, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { api } from '../api/client.ts';
import { type Endpoints, nameOfEndpoint } from '../api/use-endpoints.ts';
import { Failure } from '../shell/failure.tsx';
import { useAction } from '../shell/use-action.ts';
import { localField, msOfLocalField } from '../words/times.ts';
import { type DeliveryFilter, wordsOfFilter } from './delivery-filter.ts';
import { ofNotices } from './redelivery.ts';

/** What is sent again. */
export type Selection = 'filter' | 'given-up' | 'since' | 'life';

const hourMs = 3_600_000;

/** Chooses what to send again, says how many that is, and begins only when that was confirmed. */
export function RedeliverDialog({
  app,
  filter,
  endpoints,
  initially,
  begun,
  close,
}: {
  app: string;
  filter: DeliveryFilter;
  endpoints: Endpoints;
  initially: { readonly endpoint?: string; readonly selection: Selection };
  begun: (redeliveryId: string) => void;
  close: () => void;
}) {
  const list = endpoints.list ?? [];
  const only = list.length === 1 ? list[0]?.endpointId : undefined;
  const [endpoint, setEndpoint] = useState(initially.endpoint ?? filter.endpoint ?? only ?? null);
  const [selection, setSelection] = useState<Selection>(initially.selection);
  const [since, setSince] = useState(() => localField(Date.now() - hourMs));
  const [sid, setSid] = useState('');
  const [seq, setSeq] = useState('0');
  const [counted, setCounted] = useState<{ request: RedeliveryRequest; notices: number }>();
  const { busy, error, run } = useAction();
  const request = requestOf({ endpoint, selection, filter, since, sid, seq });

  const count = (event: FormEvent) => {
    event.preventDefault();
    if (request === undefined) return;
    void run('count', async () => {
      const { notices } = await api.call('redeliver', { app, body: { ...request, dryRun: true } });
      setCounted({ request, notices });
    });
  };
  const begin = (confirmed: RedeliveryRequest) =>
    run('begin', async () => {
      const { redelivery } = await api.call('redeliver', { app, body: confirmed });
      if (redelivery) begun(redelivery.id);
    });

  return (
    <Modal
      opened
      onClose={close}
      title={
        <Text fw={650} component="span">
          Deliver again
        </Text>
      }
      closeButtonProps={{ 'aria-label': 'Close' }}
      size="lg"
    >
      {counted === undefined ? (
        <form onSubmit={count}>
          <Stack gap="md">
            <Select
              label="To"
              placeholder="Choose an endpoint"
              data={list.map((each) => ({ value: each.endpointId, label: nameOfEndpoint(each) }))}
              value={endpoint}
              onChange={setEndpoint}
              allowDeselect={false}
              required
            />
            <Radio.Group
              label="What"
              value={selection}
              onChange={(chosen) => setSelection(chosen as Selection)}
            >
              <Stack gap={10} mt={6}>
                <Radio
                  value="filter"
                  label="What this search finds"
                  description={`Deliveries to the endpoint: ${wordsOfFilter(filter)}.`}
                />
                <Radio
                  value="given-up"
                  label="What was given up"
                  description="And has not been taken since."
                />
                <Radio
                  value="since"
                  label="Everything since a time"
                  description="Also what was taken, and what the endpoint has never been sent."
                />
                {selection === 'since' && (
                  <TextInput
                    aria-label="Since"
                    type="datetime-local"
                    step={1}
                    value={since}
                    onChange={(event) => setSince(event.currentTarget.value)}
                    ml={32}
                    required
                  />
                )}
                <Radio
                  value="life"
                  label="Everything of one life of a channel, after a number"
                  description="For a receiver that knows the last seq it has."
                />
                {selection === 'life' && (
                  <Group ml={32} gap="xs" align="end">
                    <TextInput
                      label="Sid"
                      value={sid}
                      onChange={(event) => setSid(event.currentTarget.value)}
                      flex="3 1 180px"
                      required
                    />
                    <TextInput
                      label="After seq"
                      inputMode="numeric"
                      pattern="[0-9]{1,15}"
                      value={seq}
                      onChange={(event) => setSeq(event.currentTarget.value)}
                      flex="1 1 90px"
                      required
                    />
                  </Group>
                )}
              </Stack>
            </Radio.Group>
            {error !== undefined && <Failure what="They cannot be counted" error={error} />}
            <Group gap="xs">
              <Button type="submit" loading={busy !== undefined} disabled={request === undefined}>
                Count them
              </Button>
              <Button variant="default" onClick={close}>
                Not now
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <Stack gap="md">
          <Text>
            {counted.notices === 0 ? (
              'There is nothing to send.'
            ) : (
              <>
                <b>{ofNotices(counted.notices)}</b> would be sent to{' '}
                <b>{endpoints.nameOf(counted.request.endpoint)}</b>.
              </>
            )}
          </Text>
          {counted.notices > 0 && (
            <Text size="sm" c="dimmed">
              In their order, one attempt each, under the ids they have. It ends early if too many in a row
              fail, and you can cancel it.
            </Text>
          )}
          {error !== undefined && <Failure what="It was not begun" error={error} />}
          <Group gap="xs">
            {counted.notices > 0 && (
              <Button loading={busy !== undefined} onClick={() => begin(counted.request)}>
                Send {ofNotices(counted.notices)}
              </Button>
            )}
            <Button variant="default" disabled={busy !== undefined} onClick={() => setCounted(undefined)}>
              Back
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

function requestOf(chosen: {
  endpoint: string | null;
  selection: Selection;
  filter: DeliveryFilter;
  since: string;
  sid: string;
  seq: string;
}): RedeliveryRequest | undefined {
  const { endpoint, selection, seq } = chosen;
  if (endpoint === null) return undefined;
  if (selection === 'given-up') return { endpoint, givenUp: true };
  if (selection === 'since') {
    const since = msOfLocalField(chosen.since);
    return since === undefined ? undefined : { endpoint, since };
  }
  if (selection === 'life') {
    const sid = chosen.sid.trim();
    return sid !== '' && /^\d{1,15}$/.test(seq) ? { endpoint, since: { sid, seq: Number(seq) } } : undefined;
  }
  const { endpoint: _, ...filter } = chosen.filter;
  return { endpoint, filter };
}
