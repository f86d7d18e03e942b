import type { AppSummary } from '@housecount/client';
import { Alert, Button, Code, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { CopyIcon } from '../shell/copy-button.tsx';
import { Panel } from '../shell/panel.tsx';

/** The ids that an app's code needs. A certificate is shown only where the server gives it: in development. */
export function AppPanel({ apps }: { apps: readonly AppSummary[] | undefined }) {
  return (
    <Panel title={apps && apps.length > 1 ? 'Apps' : 'App'}>
      {apps === undefined ? (
        <Skeleton height={44} />
      ) : apps.length === 0 ? (
        <Text size="sm" c="dimmed">
          The configuration names no app.
        </Text>
      ) : (
        <Stack gap="sm">
          {apps.map((app) => (
            <App key={app.id} app={app} />
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function App({ app }: { app: AppSummary }) {
  const [shown, setShown] = useState(false);
  return (
    <Stack gap={6}>
      <Value label="App id" value={app.id} />
      {app.openTo !== undefined && (
        <Alert color={app.openTo === 'everybody' ? 'red' : 'yellow'} title="No certificate" role="note">
          {app.openTo === 'everybody'
            ? 'Everybody who reaches this server joins without a token, under any name.'
            : 'Whoever is on this machine joins without a token, under any name. Nobody else does.'}
        </Alert>
      )}
      {app.certificate !== undefined &&
        (shown ? (
          <Value label="Certificate" value={app.certificate} />
        ) : (
          <Button variant="default" size="xs" w="fit-content" onClick={() => setShown(true)}>
            Show the certificate
          </Button>
        ))}
    </Stack>
  );
}

function Value({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Group gap={4} wrap="nowrap">
        <Code style={{ flex: 1, minWidth: 0 }}>{value}</Code>
        <CopyIcon value={value} label={`Copy the ${label.toLowerCase()}`} />
      </Group>
    </div>
  );
}
