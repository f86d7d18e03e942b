import { noticeTypeNumbers } from '@housecount/protocol';
import {
  Button,
  Checkbox,
  Group,
  MultiSelect,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { sendJson } from '../api/client.ts';
import type { SecretShown } from '../api/shapes.ts';
import { Failure } from '../shell/failure.tsx';
import { Panel } from '../shell/panel.tsx';
import { useAction } from '../shell/use-action.ts';
import { wordsOfNotice } from '../words/notices.ts';

const choices = noticeTypeNumbers.map((type) => ({
  value: String(type),
  label: `${type} ${wordsOfNotice(type)}`,
}));

const formats = [
  { value: 'agora', label: 'As Agora’s notices' },
  { value: 'standard', label: 'Standard Webhooks' },
];

/** Makes an endpoint, which is not enabled yet. */
export function CreateForm({
  path,
  made,
  close,
}: {
  path: string;
  made: (shown: SecretShown) => void;
  close: () => void;
}) {
  const { busy, error, run } = useAction();
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [events, setEvents] = useState<string[]>([]);
  const [channels, setChannels] = useState<string[]>([]);
  const [format, setFormat] = useState('agora');
  const [allowPrivateNetwork, setAllow] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run('create', async () => {
      const body = { url: url.trim(), description, channels, format, allowPrivateNetwork };
      made(
        await sendJson<SecretShown>('POST', path, {
          ...body,
          ...(events.length > 0 && { events: events.map(Number).sort() }),
        }),
      );
    });
  };
  return (
    <Panel title="New endpoint">
      <form onSubmit={submit} aria-label="New endpoint">
        <Stack gap="sm">
          <TextInput
            label="URL"
            description="https://, reachable from this server"
            placeholder="https://example.com/notices"
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
            required
          />
          <TextInput
            label="Description"
            placeholder="optional, for people"
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
            maxLength={1000}
          />
          <MultiSelect
            label="Notices"
            description="105 and 106 tell of every viewer who comes and goes: the audience by name, and the most notices by far."
            placeholder={events.length === 0 ? 'all' : ''}
            data={choices}
            value={events}
            onChange={setEvents}
            clearable
          />
          <TagsInput
            label="Channels"
            description="Names, or patterns with *; none means all."
            placeholder={channels.length === 0 ? 'all' : ''}
            value={channels}
            onChange={setChannels}
            maxTags={100}
          />
          <Select
            label="Format"
            data={formats}
            value={format}
            onChange={(chosen) => setFormat(chosen ?? 'agora')}
            allowDeselect={false}
          />
          <Checkbox
            label="In my private network"
            description="Allows plain http:// and private addresses. Only for a backend of your own beside this server."
            checked={allowPrivateNetwork}
            onChange={(event) => setAllow(event.currentTarget.checked)}
          />
          <Text size="sm" c="dimmed">
            Every notice is signed with a secret that is shown to you next.
          </Text>
          {error !== undefined && <Failure what="The endpoint was not made" error={error} />}
          <Group gap="xs">
            <Button type="submit" loading={busy !== undefined}>
              Create
            </Button>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
