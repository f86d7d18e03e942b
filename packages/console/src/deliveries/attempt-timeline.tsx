import type { MadeAttempt } from '@housecount/client';
import { Button, SegmentedControl, Stack, Text, Timeline } from '@mantine/core';
import { IconArrowForwardUp, IconCheck, IconReload, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { CodeBlock } from '../shell/code-block.tsx';
import { clockTimeMs, dayTime, fullTime } from '../words/times.ts';
import { nameOfAttempt, noticeIn, whatFollowed, wordsOfOutcome } from './attempt-words.ts';
import { ofNotices } from './redelivery.ts';

const looks = {
  delivered: ['teal', IconCheck],
  retry: ['yellow', IconReload],
  'give-up': ['red', IconX],
} as const;

/** The attempts of a delivery, oldest first, each with its request and answer on demand; the last one's is open. */
export function AttemptTimeline({ noticeId, made }: { noticeId: string; made: readonly MadeAttempt[] }) {
  return (
    <Timeline active={made.length} bulletSize={24} lineWidth={2} aria-label="Attempts">
      {made.map((attempt, index) => {
        const [color, Icon] = looks[attempt.next];
        return (
          <Timeline.Item
            // Attempts are only ever added, at the end.
            // biome-ignore lint/suspicious/noArrayIndexKey: as said above.
            key={index}
            color={color}
            bullet={
              attempt.redelivery === undefined || attempt.next !== 'delivered' ? (
                <Icon size={14} />
              ) : (
                <IconArrowForwardUp size={14} />
              )
            }
            title={
              <Text size="sm" fw={600}>
                {nameOfAttempt(attempt)}: {wordsOfOutcome(attempt)}
              </Text>
            }
          >
            <Text size="xs" c="dimmed" title={fullTime(attempt.atMs)}>
              {dayTime(attempt.atMs)}
              {clockTimeMs(attempt.atMs).slice(8)} · took {attempt.durationMs.toLocaleString()} ms
            </Text>
            <Text size="sm" mt={2}>
              {whatFollowed(made, index)}
            </Text>
            {attempt.detail && (
              <Text size="xs" c="dimmed">
                {attempt.detail}
              </Text>
            )}
            <Exchange noticeId={noticeId} attempt={attempt} initiallyOpen={index === made.length - 1} />
          </Timeline.Item>
        );
      })}
    </Timeline>
  );
}

function Exchange({
  noticeId,
  attempt,
  initiallyOpen,
}: {
  noticeId: string;
  attempt: MadeAttempt;
  initiallyOpen: boolean;
}) {
  const [opened, setOpened] = useState(initiallyOpen);
  const [look, setLook] = useState('indented');
  const { exchange, answered } = attempt;
  if (exchange === undefined)
    return (
      <Text size="xs" c="dimmed" mt={4}>
        Request and answer were not kept: the server had too much to write.
      </Text>
    );
  const notice = noticeIn(exchange.body, noticeId);
  return (
    <Stack gap={8} mt={6}>
      <Button
        size="compact-xs"
        variant="default"
        w="fit-content"
        aria-expanded={opened}
        onClick={() => setOpened(!opened)}
      >
        {opened ? 'Hide request and answer' : 'Request and answer'}
      </Button>
      {opened && (
        <>
          <Heading words="Headers sent" />
          <CodeBlock
            code={Object.entries(exchange.headers)
              .map(([name, value]) => `${name}: ${value}`)
              .join('\n')}
            label="Headers sent"
          />
          <Heading
            words={notice.of === undefined ? 'Body sent' : `Body sent: a batch of ${ofNotices(notice.of)}`}
          />
          <SegmentedControl
            size="xs"
            w="fit-content"
            aria-label="How the body is shown"
            data={[
              { value: 'indented', label: notice.of === undefined ? 'Indented' : 'This notice' },
              { value: 'raw', label: 'As sent' },
            ]}
            value={look}
            onChange={setLook}
          />
          <CodeBlock
            code={look === 'raw' ? exchange.body : notice.text}
            label={look === 'raw' ? 'Body as sent' : 'Body, indented'}
          />
          {answered !== undefined && (
            <>
              <Heading words="Answer" />
              {exchange.answer === '' ? (
                <Text size="sm" c="dimmed">
                  {answered}, without a body.
                </Text>
              ) : (
                <CodeBlock code={exchange.answer} label="Beginning of the answer" />
              )}
            </>
          )}
        </>
      )}
    </Stack>
  );
}

function Heading({ words }: { words: string }) {
  return (
    <Text size="xs" fw={600}>
      {words}
    </Text>
  );
}
