import type { RosterMember } from '@housecount/client';
import { Badge, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { nameOf } from '../words/person.ts';
import { wordsOfConnection } from '../words/reasons.ts';
import { duration, fullTime } from '../words/times.ts';
import classes from './channel.module.css';

/** Members drawn at once; the search finds the others. */
const rowsMax = 200;

/** The members of the channel: hosts first, then the audience, in the order they came. */
export function RosterTable({ members, nowMs }: { members: readonly RosterMember[]; nowMs: number }) {
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const matching = members
    .filter(
      (member) =>
        wanted === '' || nameOf(member).toLowerCase().includes(wanted) || String(member.uid).includes(wanted),
    )
    .sort((a, b) => rank(a) - rank(b) || a.joinedMs - b.joinedMs);
  return (
    <>
      <TextInput
        aria-label="Search by name or uid"
        placeholder="Search by name or uid"
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable from the keyboard. */}
      <section className={classes.scroll} tabIndex={0} aria-label="Members, in order of arrival">
        <Table stickyHeader verticalSpacing={6} horizontalSpacing="xs">
          <Table.Thead bg="var(--page-surface)">
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Role</Table.Th>
              <Table.Th>Since</Table.Th>
              <Table.Th visibleFrom="xs">By</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {matching.slice(0, rowsMax).map((member, at) => (
              <Table.Tr key={member.uid ?? at}>
                <Table.Td title={titleOf(member)}>
                  {nameOf(member)}
                  {member.interruptedSinceMs !== undefined && (
                    <Badge ml={6} size="sm" variant="light" color="orange">
                      interrupted
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td>
                  <Badge variant="light" color={member.role === 'broadcaster' ? 'red' : 'house'} tt="none">
                    {member.role === 'broadcaster' ? 'on stage' : 'audience'}
                  </Badge>
                </Table.Td>
                <Table.Td title={fullTime(member.joinedMs)} style={{ whiteSpace: 'nowrap' }}>
                  {duration(nowMs - member.joinedMs)}
                </Table.Td>
                <Table.Td visibleFrom="xs">{wordsOfConnection(member.connection)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      {matching.length === 0 && (
        <Text size="sm" c="dimmed">
          Nobody matches.
        </Text>
      )}
      {matching.length > rowsMax && (
        <Text size="sm" c="dimmed">
          {rowsMax} of {matching.length} are shown; search for the others.
        </Text>
      )}
    </>
  );
}

/** The tooltip that names the member; undefined for a login that is not shown names. */
function titleOf({ uid, account }: Partial<RosterMember>): string | undefined {
  if (uid === undefined) return undefined;
  return `uid ${uid}${account ? `, account ${account}` : ''}`;
}

function rank(member: RosterMember): number {
  return member.role === 'broadcaster' ? 0 : 1;
}
