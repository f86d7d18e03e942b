import type { RedeliveryRequest } from '@housecount/client';
import { Button, Group, Modal, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { api } from '../api/client.ts';
import { type Endpoints, nameOfEndpoint } from '../api/use-endpoints.ts';
import { Failure } from '../shell/failure.tsx';
import { type Action, useAction } from '../shell/use-action.ts';
import { localField, msOfLocalField } from '../words/times.ts';
import { type DeliveryFilter, wordsOfFilter } from './delivery-filter.ts';
import { ofNotices } from './redelivery.ts';

/** The notices that are sent again. */
export type Selection = 'filter' | 'given-up' | 'since' | 'life';

/** The fields of the form. */
interface Choice {
  readonly endpoint: string | null;
  readonly selection: Selection;
  /** The time as a field for local time has it. */
  readonly since: string;
  readonly sid: string;
  readonly seq: string;
}

interface Counted {
  readonly request: RedeliveryRequest;
  readonly notices: number;
}

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
  const [choice, setChoice] = useState<Choice>(() => ({
    endpoint: initially.endpoint ?? filter.endpoint ?? only ?? null,
    selection: initially.selection,
    since: localField(Date.now() - hourMs),
    sid: '',
    seq: '0',
  }));
  const [counted, setCounted] = useState<Counted>();
  const action = useAction();

  const count = (request: RedeliveryRequest) =>
    action.run('count', async () => {
      const { notices } = await api.call('redeliver', { app, body: { ...request, dryRun: true } });
      setCounted({ request, notices });
    });
  const begin = (confirmed: RedeliveryRequest) =>
    action.run('begin', async () => {
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
        <ChoiceForm
          filter={filter}
          endpoints={endpoints}
          choice={choice}
          change={(changes) => setChoice((before) => ({ ...before, ...changes }))}
          action={action}
          count={count}
          close={close}
        />
      ) : (
        <Confirmation
          counted={counted}
          endpointName={endpoints.nameOf(counted.request.endpoint)}
          action={action}
          begin={() => begin(counted.request)}
          back={() => setCounted(undefined)}
        />
      )}
    </Modal>
  );
}

/** The form that chooses the endpoint and the notices. */
function ChoiceForm({
  filter,
  endpoints,
  choice,
  change,
  action: { busy, error },
  count,
  close,
}: {
  filter: DeliveryFilter;
  endpoints: Endpoints;
  choice: Choice;
  change: (changes: Partial<Choice>) => void;
  action: Action;
  count: (request: RedeliveryRequest) => Promise<void>;
  close: () => void;
}) {
  const request = requestOf(choice, filter);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (request !== undefined) void count(request);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Select
          label="To"
          placeholder="Choose an endpoint"
          data={(endpoints.list ?? []).map((each) => ({
            value: each.endpointId,
            label: nameOfEndpoint(each),
          }))}
          value={choice.endpoint}
          onChange={(endpoint) => change({ endpoint })}
          allowDeselect={false}
          required
        />
        <SelectionRadio filter={filter} choice={choice} change={change} />
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
  );
}

/** The choice of the notices to send again, each with the fields that it needs. */
function SelectionRadio({
  filter,
  choice: { selection, since, sid, seq },
  change,
}: {
  filter: DeliveryFilter;
  choice: Choice;
  change: (changes: Partial<Choice>) => void;
}) {
  return (
    <Radio.Group
      label="What"
      value={selection}
      onChange={(chosen) => change({ selection: chosen as Selection })}
    >
      <Stack gap={10} mt={6}>
        <Radio
          value="filter"
          label="What this search finds"
          description={`Deliveries to the endpoint: ${wordsOfFilter(filter)}.`}
        />
        <Radio value="given-up" label="What was given up" description="And has not been taken since." />
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
            onChange={(event) => change({ since: event.currentTarget.value })}
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
              onChange={(event) => change({ sid: event.currentTarget.value })}
              flex="3 1 180px"
              required
            />
            <TextInput
              label="After seq"
              inputMode="numeric"
              pattern="[0-9]{1,15}"
              value={seq}
              onChange={(event) => change({ seq: event.currentTarget.value })}
              flex="1 1 90px"
              required
            />
          </Group>
        )}
      </Stack>
    </Radio.Group>
  );
}

/** Shows the number of notices; sends them, or goes back to the choice. */
function Confirmation({
  counted: { notices },
  endpointName,
  action: { busy, error },
  begin,
  back,
}: {
  counted: Counted;
  endpointName: string;
  action: Action;
  begin: () => void;
  back: () => void;
}) {
  return (
    <Stack gap="md">
      <Text>
        {notices === 0 ? (
          'There is nothing to send.'
        ) : (
          <>
            <b>{ofNotices(notices)}</b> would be sent to <b>{endpointName}</b>.
          </>
        )}
      </Text>
      {notices > 0 && (
        <Text size="sm" c="dimmed">
          In their order, one attempt each, under the ids they have. It ends early if too many in a row fail,
          and you can cancel it.
        </Text>
      )}
      {error !== undefined && <Failure what="It was not begun" error={error} />}
      <Group gap="xs">
        {notices > 0 && (
          <Button loading={busy !== undefined} onClick={begin}>
            Send {ofNotices(notices)}
          </Button>
        )}
        <Button variant="default" disabled={busy !== undefined} onClick={back}>
          Back
        </Button>
      </Group>
    </Stack>
  );
}

/** The request of the form; undefined while the form lacks something. */
function requestOf(choice: Choice, searched: DeliveryFilter): RedeliveryRequest | undefined {
  const { endpoint, selection, seq } = choice;
  if (endpoint === null) return undefined;
  if (selection === 'given-up') return { endpoint, givenUp: true };
  if (selection === 'since') {
    const since = msOfLocalField(choice.since);
    return since === undefined ? undefined : { endpoint, since };
  }
  if (selection === 'life') {
    const sid = choice.sid.trim();
    return sid !== '' && /^\d{1,15}$/.test(seq) ? { endpoint, since: { sid, seq: Number(seq) } } : undefined;
  }
  const { endpoint: _, ...filter } = searched;
  return { endpoint, filter };
}
