import { Button, EmptyState, Group, Select, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useState } from 'react';
import { getJson } from '../api/client.ts';
import type { AppList, EndpointList, SecretShown } from '../api/shapes.ts';
import { usePoll } from '../api/use-poll.ts';
import { Failure } from '../shell/failure.tsx';
import { Waiting } from '../shell/waiting.tsx';
import { CreateForm } from './create-form.tsx';
import { EndpointCard } from './endpoint-card.tsx';
import { SecretOnce } from './secret-once.tsx';

const appsEveryMs = 30_000;
const endpointsEveryMs = 2_000;

/** Where the notices of an app go: seen, made, tested and changed. */
export function EndpointsPage() {
  useDocumentTitle('Endpoints · Housecount');
  const { value, error, again } = usePoll(
    'apps',
    (signal) => getJson<AppList>('/v1/apps', { signal }),
    appsEveryMs,
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const apps = value?.apps;
  const app = chosen ?? apps?.[0]?.id;
  return (
    <Stack gap="md">
      <Group justify="space-between" align="end">
        <div>
          <Title order={1} size="h3">
            Endpoints
          </Title>
          <Text size="sm" c="dimmed">
            Your backends that get a notice of every join and leave.
          </Text>
        </div>
        {apps !== undefined && apps.length > 1 && (
          <Select
            aria-label="App"
            data={apps.map(({ id }) => id)}
            value={app ?? null}
            onChange={setChosen}
            w={320}
          />
        )}
      </Group>
      {app !== undefined ? (
        <Endpoints key={app} app={app} />
      ) : error !== undefined ? (
        <Failure what="The list of apps cannot be read" error={error} retry={again} />
      ) : apps === undefined ? (
        <Waiting />
      ) : (
        <Text>The configuration names no app.</Text>
      )}
    </Stack>
  );
}

function Endpoints({ app }: { app: string }) {
  const path = `/v1/apps/${app}/endpoints`;
  const { value, error, again } = usePoll(
    path,
    (signal) => getJson<EndpointList>(path, { signal }),
    endpointsEveryMs,
  );
  const [creating, setCreating] = useState(false);
  const [shown, setShown] = useState<SecretShown>();
  if (value === undefined)
    return error === undefined ? (
      <Waiting />
    ) : (
      <Failure what="The endpoints cannot be read" error={error} retry={again} />
    );
  const { endpoints } = value;
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>
      Add an endpoint
    </Button>
  );
  return (
    <Stack gap="md">
      {error !== undefined && (
        <Failure what="The endpoints cannot be read just now" error={error} retry={again} />
      )}
      {creating ? (
        <CreateForm
          path={path}
          close={() => setCreating(false)}
          made={(made) => {
            setCreating(false);
            setShown(made);
            again();
          }}
        />
      ) : (
        endpoints.length > 0 && <Group>{add}</Group>
      )}
      {shown && <SecretOnce shown={shown} close={() => setShown(undefined)} />}
      {endpoints.map((endpoint) => (
        <EndpointCard
          key={endpoint.endpointId}
          path={`${path}/${encodeURIComponent(endpoint.endpointId)}`}
          endpoint={endpoint}
          changed={again}
          showSecret={setShown}
        />
      ))}
      {endpoints.length === 0 && !creating && (
        <EmptyState
          p="xl"
          icon={<IconWebhook />}
          title="No endpoint yet"
          description="Add the address of your backend. It is tested first; then it gets every notice, and none is lost while it is down."
        >
          <EmptyState.Actions>{add}</EmptyState.Actions>
        </EmptyState>
      )}
    </Stack>
  );
}
