import { Badge, Button, Drawer, Group, Stack, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { CodeBlock } from '../shell/code-block.tsx';
import { CopyWords } from '../shell/copy-button.tsx';
import { RouteLink } from '../shell/router.tsx';
import { isPartOfBatch } from '../words/batch.ts';
import { colorOfNotice, wordsOfNotice } from '../words/notices.ts';
import { clockTimeMs } from '../words/times.ts';
import { asCurl } from './as-curl.ts';
import type { SeenNotice } from './seen-notice.ts';

/** One notice in full: the bytes that were sent, and the answer. */
export function NoticeDrawer({ notice, close }: { notice: SeenNotice | undefined; close: () => void }) {
  return (
    <Drawer
      opened={notice !== undefined}
      onClose={close}
      position="right"
      size="lg"
      title={notice && <Heading notice={notice} />}
      closeButtonProps={{ 'aria-label': 'Close the details' }}
    >
      {notice && <Details notice={notice} />}
    </Drawer>
  );
}

function Heading({ notice }: { notice: SeenNotice }) {
  const { eventType } = notice.attempt;
  return (
    <Group gap="xs">
      <Badge size="lg" variant="light" color={colorOfNotice(eventType)}>
        {eventType}
      </Badge>
      <Text fw={650}>{wordsOfNotice(eventType)}</Text>
    </Group>
  );
}

function Details({ notice }: { notice: SeenNotice }) {
  const { attempt } = notice;
  const { outcome, body, headers } = attempt;
  const isPart = isPartOfBatch(attempt);
  const facts: [string, string | number | undefined][] = [
    ['Channel', attempt.channel],
    ['Sid, seq', notice.sid === undefined ? undefined : `${notice.sid}, ${notice.seq ?? '–'}`],
    ['Count after it', notice.count],
    ['Notice id', attempt.noticeId],
    ['Sent', clockTimeMs(attempt.atMs)],
    ['Endpoint', attempt.virtual ? 'console only' : attempt.url],
    ['Attempt', attempt.virtual ? undefined : attempt.attempt],
  ];
  return (
    <Stack gap="md">
      <Group gap="xs">
        {/* The signature of a batch is of all its notices. */}
        {!isPart && body !== undefined && headers && (
          <CopyWords value={asCurl({ url: attempt.url, headers, body })} label="Copy as curl" />
        )}
        {body !== undefined && <CopyWords value={body} label="Copy the body" />}
        {!attempt.virtual && (
          <Button
            component={RouteLink}
            href={`/deliveries?${new URLSearchParams({ app: attempt.app, notice: attempt.noticeId, at: attempt.endpointId })}`}
            variant="default"
            size="xs"
          >
            All attempts
          </Button>
        )}
      </Group>
      <Table variant="vertical" layout="fixed" withTableBorder>
        <Table.Tbody>
          {facts.map(
            ([label, value]) =>
              value !== undefined && (
                <Table.Tr key={label}>
                  <Table.Th w={140}>{label}</Table.Th>
                  <Table.Td>{value}</Table.Td>
                </Table.Tr>
              ),
          )}
          <Table.Tr>
            <Table.Th>Answer</Table.Th>
            <Table.Td>{answerWords(notice)}</Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      {!attempt.virtual && outcome.answered && outcome.excerpt && (
        <Titled title="Body of the answer">
          <CodeBlock code={outcome.excerpt} label="Body of the answer" />
        </Titled>
      )}
      {body !== undefined && (
        <Titled title="Body">
          <CodeBlock code={pretty(body)} label="Body, indented" tall />
        </Titled>
      )}
      {headers && (
        <Titled title="Headers and signatures">
          <CodeBlock
            code={Object.entries(headers)
              .map(([name, value]) => `${name}: ${value}`)
              .join('\n')}
            label="Headers"
          />
        </Titled>
      )}
      {body !== undefined && (
        <Titled
          title={isPart ? 'Its part of the batch that was sent' : 'Body as sent, the bytes that are signed'}
        >
          <CodeBlock code={body} label="Body as sent" />
        </Titled>
      )}
    </Stack>
  );
}

function Titled({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Text size="sm" fw={600} mb={6}>
        {title}
      </Text>
      {children}
    </div>
  );
}

function answerWords({ attempt }: SeenNotice): string {
  const { outcome, next, durationMs } = attempt;
  if (attempt.virtual) return 'none: no endpoint has answered for it';
  const answer = outcome.answered
    ? `${outcome.status} after ${durationMs} ms`
    : `no answer, failed at: ${outcome.stage}. ${outcome.detail}`;
  return `${answer}; ${next === 'delivered' ? 'delivered' : next === 'retry' ? 'will be tried again' : 'given up'}`;
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
