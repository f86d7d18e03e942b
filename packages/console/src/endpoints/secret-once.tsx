import type { EndpointSecretShown } from '@housecount/client';
import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { CopyWords } from '../shell/copy-button.tsx';

/** A new secret: the server shows it this once. */
export function SecretOnce({ shown, close }: { shown: EndpointSecretShown; close: () => void }) {
  return (
    <Alert
      variant="default"
      icon={<IconKey size={20} />}
      title="Copy the secret now: it is not shown again"
      role="status"
      styles={{ icon: { color: 'var(--mantine-color-yellow-6)' } }}
    >
      <Stack gap="xs">
        <Text size="sm">
          Your backend checks the signature of each notice with it. It is for {shown.endpoint.url}
        </Text>
        <Code block aria-label="Secret" style={{ whiteSpace: 'pre-wrap' }}>
          {shown.secret}
        </Code>
        <Group gap="xs">
          <CopyWords value={shown.secret} label="Copy the secret" />
          <Button size="xs" variant="default" onClick={close}>
            I have it
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
