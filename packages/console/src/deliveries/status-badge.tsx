import type { DeliveryStatus } from '@housecount/client';
import { Badge } from '@mantine/core';
import { wordsOfStatus } from './delivery-filter.ts';

const colors: Readonly<Record<DeliveryStatus, string>> = {
  retrying: 'yellow',
  'given-up': 'red',
  delivered: 'teal',
};

/** The state of a delivery. */
export function StatusBadge({ status }: { status: DeliveryStatus }) {
  return (
    <Badge variant="light" color={colors[status]} tt="none">
      {wordsOfStatus(status)}
    </Badge>
  );
}
