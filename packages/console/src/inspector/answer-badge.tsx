import type { Attempt } from '@housecount/client';
import { Badge, Text } from '@mantine/core';
import { stageInShort } from '../words/stages.ts';

/** The endpoint's answer, or the reason why there is none, and what follows. */
export function AnswerBadge({ attempt }: { attempt: Attempt }) {
  const { outcome, next, virtual, durationMs } = attempt;
  if (virtual)
    return (
      <Text
        span
        size="xs"
        c="dimmed"
        title="No endpoint has answered for this notice: it is shown here only."
      >
        shown here
      </Text>
    );
  const words = outcome.answered ? String(outcome.status) : stageInShort(outcome.stage);
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <Badge
        variant="light"
        color={next === 'delivered' ? 'teal' : next === 'retry' ? 'yellow' : 'red'}
        tt="none"
      >
        {words}
      </Badge>
      <Text span size="xs" c="dimmed" ml={6} visibleFrom="sm">
        {durationMs} ms{next === 'retry' ? ', will retry' : next === 'give-up' ? ', given up' : ''}
      </Text>
    </span>
  );
}
