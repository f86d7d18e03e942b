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
    .filter((member) => wanted === '' || namesOf(member).some((name) => name.toLowerCase().includes(wanted)))
    .sort((a, b) => rank(a) - rank(b) || a.joinedMs - b.joinedMs);
  return (
    <>
      <TextInput
        aria-label="Search by name, uid or user id"
        placeholder="Search by name, uid or user id"
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable from the keyboard. */}
      <section className={classes.scroll} tabIndex={0} aria-label="Members, in order of arrival">
        <Table stickyHeader verticalSpacing={6} horizontalSpacing="xs">
          <Table.Thead bg="var(--page-surface)">
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th className={classes.short}>Role</Table.Th>
              <Table.Th className={classes.short}>Since</Table.Th>
              <Table.Th className={classes.short} visibleFrom="xs">
                By
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {matching.slice(0, rowsMax).map((member, at) => (
              <Table.Tr key={member.uid ?? at}>
                <Table.Td className={classes.name} title={titleOf(member)}>
                  {nameOf(member)}
                  {member.interruptedSinceMs !== undefined && (
                    <Badge ml={6} size="sm" variant="light" color="orange">
                      interrupted
                    </Badge>
                  )}
                  {member.userId !== undefined && (
                    <Text size="xs" c="dimmed">
                      user {member.userId}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <Badge
                    miw="max-content"
                    variant="light"
                    color={member.role === 'broadcaster' ? 'red' : 'house'}
                    tt="none"
                  >
                    {member.role === 'broadcaster' ? 'on stage' : 'audience'}
                  </Badge>
                </Table.Td>
                <Table.Td className={classes.short} title={fullTime(member.joinedMs)}>
                  {duration(nowMs - member.joinedMs)}
                </Table.Td>
                <Table.Td className={classes.short} visibleFrom="xs">
                  {wordsOfConnection(member.connection)}
                </Table.Td>
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
function titleOf({ uid, account, userId }: Partial<RosterMember>): string | undefined {
  if (uid === undefined) return undefined;
  return `uid ${uid}${account ? `, account ${account}` : ''}${userId ? `, user ${userId}` : ''}`;
}

/** The names by which a member is found: what is shown, its uid, and the user that it is linked to. */
const namesOf = (member: RosterMember): readonly string[] => [
  nameOf(member),
  String(member.uid),
  ...(member.userId === undefined ? [] : [member.userId]),
];

function rank(member: RosterMember): number {
  return member.role === 'broadcaster' ? 0 : 1;
}
