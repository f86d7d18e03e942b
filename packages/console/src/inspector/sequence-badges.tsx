import { Badge, Group, Text, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { type Sequence, wordsOfSequence } from './gap-check.ts';

/** Badges shown; older lives of channels are still checked. */
const badgesMax = 6;

/** Proof that this page shows everything: for each life of a channel, whether the numbers seen are dense. */
export function SequenceBadges({ sequences }: { sequences: readonly Sequence[] }) {
  return (
    <Group gap={8} mih={26} role="status" aria-label="Gap check">
      {sequences.length === 0 ? (
        <Text size="sm" c="dimmed">
          Gap check: as notices come, their numbers are checked here for holes.
        </Text>
      ) : (
        sequences.slice(0, badgesMax).map((sequence) => {
          const whole = sequence.holes.length === 0;
          return (
            <Tooltip
              key={sequence.sid}
              label={`sid ${sequence.sid}${whole ? '' : ': this page fell behind'}`}
            >
              <Badge
                size="lg"
                variant="light"
                color={whole ? 'teal' : 'yellow'}
                tt="none"
                maw="100%"
                leftSection={whole ? <IconCheck size={14} /> : <IconAlertTriangle size={14} />}
              >
                {sequence.channel}: {wordsOfSequence(sequence)}
              </Badge>
            </Tooltip>
          );
        })
      )}
    </Group>
  );
}
