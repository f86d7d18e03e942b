import type { TestResult } from '@housecount/client';
import { Badge, Table, Text } from '@mantine/core';
import { wordsOfNotice } from '../words/notices.ts';

/** The result of each test notice. */
export function TestTable({ results }: { results: readonly TestResult[] }) {
  return (
    <Table aria-label="Test results" verticalSpacing={6} horizontalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Notice</Table.Th>
          <Table.Th>Result</Table.Th>
          <Table.Th visibleFrom="sm">Time</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {results.map(({ eventType, ok, code, detail, durationMs }) => (
          <Table.Tr key={eventType}>
            <Table.Td>
              {eventType} {wordsOfNotice(eventType)}
            </Table.Td>
            <Table.Td>
              <Badge variant="light" tt="none" color={ok ? (detail ? 'yellow' : 'teal') : 'red'}>
                {ok ? 'passed' : code}
              </Badge>
              {detail && (
                <Text size="xs" c="dimmed">
                  {detail}
                </Text>
              )}
            </Table.Td>
            <Table.Td visibleFrom="sm">{durationMs} ms</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
