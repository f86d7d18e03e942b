import type { EndpointSecretShown } from '@housecount/client';
import { Button, EmptyState, Group, Stack } from '@mantine/core';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '../api/client.ts';
import { usePoll } from '../api/use-poll.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Failure } from '../shell/failure.tsx';
import { Waiting } from '../shell/waiting.tsx';
import { CreateForm } from './create-form.tsx';
import { EndpointCard } from './endpoint-card.tsx';
import { SecretOnce } from './secret-once.tsx';

const endpointsEveryMs = 2_000;

/** The endpoints of an app: seen, made, tested and changed. */
export function EndpointsPage() {
  return (
    <AppPage title="Endpoints" about="Your backends that get a notice of every join and leave.">
      {(app) => <Endpoints key={app} app={app} />}
    </AppPage>
  );
}

function Endpoints({ app }: { app: string }) {
  const { value, error, again } = usePoll(
    app,
    (signal) => api.call('listEndpoints', { app }, { signal }),
    endpointsEveryMs,
  );
  const [creating, setCreating] = useState(false);
  const [shown, setShown] = useState<EndpointSecretShown>();
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
          app={app}
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
          app={app}
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
