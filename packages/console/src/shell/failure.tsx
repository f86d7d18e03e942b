import { ApiError } from '@housecount/client';
import { Alert, Button, Code, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

/** A failed request, said kindly: what it means, the stable code, and a way to try again. */
export function Failure({ what, error, retry }: { what: string; error: unknown; retry?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  return (
    <Alert
      styles={{ icon: { color: 'var(--mantine-color-red-6)' } }}
      variant="default"
      icon={<IconAlertTriangle size={20} />}
      title={what}
      role="alert"
    >
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          {message} {error instanceof ApiError && <Code>{error.code}</Code>}
        </Text>
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}
