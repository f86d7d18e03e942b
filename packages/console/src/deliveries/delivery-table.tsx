import type { Delivery } from '@housecount/client';
import { Badge, Table, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { memo } from 'react';
import { colorOfNotice, wordsOfNotice } from '../words/notices.ts';
import { nameOf } from '../words/person.ts';
import { dayTime, fullTime } from '../words/times.ts';
import classes from './deliveries.module.css';
import { StatusBadge } from './status-badge.tsx';
import { keyOf } from './use-search.ts';

/** Deliveries, newest on top. A row opens its attempts; the notice is the button for the keyboard. */
export function DeliveryTable({
  deliveries,
  opened,
  endpointName,
  open,
}: {
  deliveries: readonly Delivery[];
  /** keyOf the delivery that is open. */
  opened: string | undefined;
  endpointName: (endpointId: string) => string;
  open: (delivery: Delivery) => void;
}) {
  return (
    <Table
      className={classes.table}
      highlightOnHover
      verticalSpacing={7}
      horizontalSpacing="sm"
      layout="fixed"
      aria-label="Deliveries"
    >
      <Table.Thead>
        <Table.Tr>
          <Table.Th className={classes.time}>Time</Table.Th>
          <Table.Th className={classes.type}>Notice</Table.Th>
          <Table.Th visibleFrom="sm">Channel</Table.Th>
          <Table.Th visibleFrom="sm">Member</Table.Th>
          <Table.Th visibleFrom="md">Endpoint</Table.Th>
          <Table.Th className={classes.status}>Status</Table.Th>
          <Table.Th className={classes.number} visibleFrom="md">
            Attempts
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {deliveries.map((delivery) => {
          const key = keyOf(delivery);
          return (
            <Row
              key={key}
              delivery={delivery}
              isOpen={key === opened}
              endpoint={endpointName(delivery.endpoint)}
              open={open}
            />
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

const Row = memo(function Row({
  delivery,
  isOpen,
  endpoint,
  open,
}: {
  delivery: Delivery;
  isOpen: boolean;
  endpoint: string;
  open: (delivery: Delivery) => void;
}) {
  const { type, channel, uid, account, firstMs, attempts, status } = delivery;
  const who = uid === undefined ? '–' : nameOf({ uid, account });
  return (
    <Table.Tr className={classes.row} data-open={isOpen || undefined} onClick={() => open(delivery)}>
      <Table.Td title={fullTime(firstMs)}>
        <Text span size="xs" ff="monospace">
          {dayTime(firstMs)}
        </Text>
      </Table.Td>
      <Table.Td>
        <UnstyledButton
          className={classes.open}
          onClick={(event) => {
            event.stopPropagation();
            open(delivery);
          }}
        >
          <Badge variant="light" color={colorOfNotice(type)}>
            {type}
          </Badge>
          <span>{wordsOfNotice(type)}</span>
          <Text span size="xs" c="dimmed" hiddenFrom="sm">
            {channel}
            {uid !== undefined && ` · ${who}`}
          </Text>
          <VisuallyHidden>{who}, attempts</VisuallyHidden>
        </UnstyledButton>
      </Table.Td>
      <Table.Td visibleFrom="sm" className={classes.cut} title={channel}>
        {channel}
      </Table.Td>
      <Table.Td visibleFrom="sm" className={classes.cut} title={who}>
        {who}
      </Table.Td>
      <Table.Td visibleFrom="md" className={classes.cut} title={endpoint}>
        {endpoint}
      </Table.Td>
      <Table.Td>
        <StatusBadge status={status} />
      </Table.Td>
      <Table.Td visibleFrom="md" className={classes.number}>
        {attempts}
      </Table.Td>
    </Table.Tr>
  );
});
