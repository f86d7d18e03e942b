import { Alert, Code, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Problem } from './problems.ts';

/** A failure said kindly, with its code, and what can be done as buttons. */
export function ProblemAlert({ problem, children }: { problem: Problem; children?: ReactNode }) {
  return (
    <Alert
      styles={{ icon: { color: 'var(--mantine-color-orange-6)' } }}
      variant="default"
      icon={<IconAlertTriangle size={20} />}
      title={problem.title}
      role="alert"
    >
      <Text size="sm">
        {problem.advice} <Code>{problem.code}</Code>
      </Text>
      {children && (
        <Group gap="xs" mt="sm">
          {children}
        </Group>
      )}
    </Alert>
  );
}
