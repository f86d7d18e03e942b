import { Badge, Table, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { memo } from 'react';
import { colorOfNotice, wordsOfNotice } from '../words/notices.ts';
import { nameOf } from '../words/person.ts';
import { clockTimeMs, fullTime } from '../words/times.ts';
import { AnswerBadge } from './answer-badge.tsx';
import classes from './inspector.module.css';
import type { SeenNotice } from './seen-notice.ts';

/** The newest notices on top. A row opens its details; the type is the button for the keyboard. */
export function NoticeTable({
  notices,
  open,
}: {
  notices: readonly SeenNotice[];
  open: (notice: SeenNotice) => void;
}) {
  return (
    <Table
      className={classes.table}
      highlightOnHover
      verticalSpacing={7}
      horizontalSpacing="sm"
      layout="fixed"
    >
      <Table.Thead>
        <Table.Tr>
          <Table.Th className={classes.time}>Time</Table.Th>
          <Table.Th className={classes.type}>Notice</Table.Th>
          <Table.Th visibleFrom="sm">Channel</Table.Th>
          <Table.Th visibleFrom="sm">Who</Table.Th>
          <Table.Th className={classes.number} visibleFrom="sm">
            Seq
          </Table.Th>
          <Table.Th visibleFrom="lg">Endpoint</Table.Th>
          <Table.Th className={classes.number} visibleFrom="md">
            Attempt
          </Table.Th>
          <Table.Th className={classes.answer}>Answer</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {notices.map((notice) => (
          <Row key={notice.key} notice={notice} open={open} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

const Row = memo(function Row({ notice, open }: { notice: SeenNotice; open: (notice: SeenNotice) => void }) {
  const { attempt } = notice;
  const who = whoOf(notice);
  return (
    <Table.Tr className={classes.row} onClick={() => open(notice)}>
      <Table.Td title={fullTime(attempt.atMs)}>
        <Text span size="xs" ff="monospace" visibleFrom="sm">
          {clockTimeMs(attempt.atMs)}
        </Text>
        <Text span size="xs" ff="monospace" hiddenFrom="sm">
          {clockTimeMs(attempt.atMs).slice(0, 8)}
        </Text>
      </Table.Td>
      <Table.Td>
        <UnstyledButton
          className={classes.open}
          onClick={(event) => {
            event.stopPropagation();
            open(notice);
          }}
        >
          <Badge variant="light" color={colorOfNotice(attempt.eventType)}>
            {attempt.eventType}
          </Badge>
          <span>{wordsOfNotice(attempt.eventType)}</span>
          <Text span size="xs" c="dimmed" hiddenFrom="sm">
            {attempt.channel}
            {notice.uid !== undefined && ` · ${who}`}
          </Text>
          <VisuallyHidden>{who}, details</VisuallyHidden>
        </UnstyledButton>
      </Table.Td>
      <Table.Td visibleFrom="sm" className={classes.cut} title={attempt.channel}>
        {attempt.channel}
      </Table.Td>
      <Table.Td visibleFrom="sm" className={classes.cut} title={who}>
        {who}
      </Table.Td>
      <Table.Td visibleFrom="sm" className={classes.number}>
        {notice.seq}
      </Table.Td>
      <Table.Td visibleFrom="lg" className={classes.cut} title={attempt.url}>
        <Text span size="xs" c="dimmed">
          {attempt.virtual ? 'console only' : attempt.url}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="md" className={classes.number}>
        {attempt.virtual ? '' : attempt.attempt}
      </Table.Td>
      <Table.Td>
        <AnswerBadge attempt={attempt} />
      </Table.Td>
    </Table.Tr>
  );
});

function whoOf(notice: SeenNotice): string {
  if (notice.uid === undefined) return '–';
  return nameOf({ uid: notice.uid, account: notice.account });
}
