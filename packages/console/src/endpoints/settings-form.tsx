import { noticeTypeNumbers } from '@housecount/protocol';
import {
  Button,
  Checkbox,
  Group,
  MultiSelect,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Failure } from '../shell/failure.tsx';
import { useAction } from '../shell/use-action.ts';
import { wordsOfNotice } from '../words/notices.ts';
import { type EndpointDraft, gapsProblem, headersProblem } from './endpoint-draft.ts';
import { formats } from './formats.ts';
import { HeaderFields } from './header-fields.tsx';
import { readGaps, wordsOfGaps, wordsOfRetry } from './retry-gaps.ts';

const eventChoices = noticeTypeNumbers.map((type) => ({
  value: String(type),
  label: `${type} ${wordsOfNotice(type)}`,
}));
const plans = [
  { value: 'standard', label: `Standard: ${wordsOfRetry('standard')}` },
  { value: 'agora', label: `As Agora: ${wordsOfRetry('agora')}` },
  { value: 'gaps', label: 'Gaps of my own' },
];

/** The settings of an endpoint, new or there already. `submit` throws what is shown. */
export function SettingsForm({
  label,
  initially,
  headerNames,
  hint,
  action,
  failure,
  submit,
  close,
}: {
  label: string;
  initially: EndpointDraft;
  /** Names of the headers that an existing endpoint has. */
  headerNames?: readonly string[];
  hint: string;
  action: string;
  failure: string;
  submit: (draft: EndpointDraft) => Promise<void>;
  close: () => void;
}) {
  const { busy, error, run } = useAction();
  const [draft, setDraft] = useState(initially);
  const set = (changes: Partial<EndpointDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const wrongGaps = gapsProblem(draft);
  const wrongHeaders = headersProblem(draft);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (wrongGaps === undefined && wrongHeaders === undefined) void run('send', () => submit(draft));
  };
  return (
    <form onSubmit={send} aria-label={label}>
      <Stack gap="sm">
        <TextInput
          label="URL"
          description="https://, reachable from this server"
          placeholder="https://example.com/notices"
          value={draft.url}
          onChange={(event) => set({ url: event.currentTarget.value })}
          maxLength={2048}
          required
        />
        <TextInput
          label="Description"
          placeholder="optional, for people"
          value={draft.description}
          onChange={(event) => set({ description: event.currentTarget.value })}
          maxLength={1000}
        />
        <WhatItTakes draft={draft} change={set} />
        <HowItIsSent draft={draft} change={set} />
        <Checkbox
          label="Send what was given up when it answers again"
          description="By itself, each notice once, as long as events wait for an endpoint (a week unless the server says otherwise)."
          checked={draft.redeliverGivenUp}
          onChange={(event) => set({ redeliverGivenUp: event.currentTarget.checked })}
        />
        <HeaderFields
          headers={draft.headers}
          had={headerNames ?? []}
          problem={wrongHeaders}
          change={(headers) => set({ headers })}
        />
        <Checkbox
          label="In my private network"
          description="Allows plain http:// and the private addresses that the setting endpointNetworks names. Only for a backend of your own."
          checked={draft.allowPrivateNetwork}
          onChange={(event) => set({ allowPrivateNetwork: event.currentTarget.checked })}
        />
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
        {error !== undefined && <Failure what={failure} error={error} />}
        <Group gap="xs">
          <Button
            type="submit"
            loading={busy !== undefined}
            disabled={wrongGaps !== undefined || wrongHeaders !== undefined}
          >
            {action}
          </Button>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface FieldsProps {
  draft: EndpointDraft;
  change: (changes: Partial<EndpointDraft>) => void;
}

/** The fields for the notices and channels that the endpoint takes. */
function WhatItTakes({ draft: { events, channels }, change }: FieldsProps) {
  return (
    <>
      <MultiSelect
        label="Notices"
        description="105 and 106 tell of every viewer who comes and goes: the audience by name, and the most notices by far."
        placeholder={events.length === 0 ? 'all' : ''}
        data={eventChoices}
        value={[...events]}
        onChange={(chosen) => change({ events: chosen })}
        clearable
      />
      <TagsInput
        label="Channels"
        description="Names, or patterns with *; none means all."
        placeholder={channels.length === 0 ? 'all' : ''}
        value={[...channels]}
        onChange={(chosen) => change({ channels: chosen })}
        maxTags={100}
      />
    </>
  );
}

/** The fields for the format, and for the retries after an attempt that failed. */
function HowItIsSent({ draft, change }: FieldsProps) {
  const { gaps, retry } = draft;
  const read = readGaps(gaps);
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
        <Select
          label="Format"
          data={withOther(formats, draft.format)}
          value={draft.format}
          onChange={(chosen) => chosen !== null && change({ format: chosen })}
          allowDeselect={false}
        />
        <Select
          label="When it fails"
          data={withOther(plans, retry)}
          value={retry}
          onChange={(chosen) => chosen !== null && change({ retry: chosen })}
          allowDeselect={false}
        />
      </SimpleGrid>
      {retry === 'gaps' && (
        <TextInput
          label="Gaps"
          description={`Before the second attempt, the third …: ${'problem' in read ? '5 s, 2 min, 1 h' : wordsOfGaps(read)}.`}
          placeholder="none: one attempt"
          value={gaps}
          onChange={(event) => change({ gaps: event.currentTarget.value })}
          error={gapsProblem(draft)}
        />
      )}
    </>
  );
}

/** The choices, and what it is now if a newer server made it something else. */
function withOther(choices: readonly { value: string; label: string }[], now: string) {
  const known = choices.some(({ value }) => value === now);
  return known ? [...choices] : [...choices, { value: now, label: now }];
}
