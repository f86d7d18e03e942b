import { Group, Paper, Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A titled box of a page. */
export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <Paper
      component="section"
      aria-label={title}
      withBorder
      p="md"
      bg="var(--page-surface)"
      style={{ borderColor: 'var(--page-line)', minWidth: 0 }}
    >
      <Stack gap="sm">
        <Group justify="space-between" wrap="nowrap" mih={30}>
          <Title order={2} size="h5" style={{ flexShrink: 0 }}>
            {title}
          </Title>
          {aside}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}
