import { Avatar, Badge, Text, TextInput } from '@mantine/core';
import { memo, useState } from 'react';
import { nameOf } from '../../words/person.ts';
import classes from '../room.module.css';
import type { Person } from '../sdk.ts';

/** People drawn at once; the search finds the others. */
export const listedPeopleMax = 100;
/** The number of people from which on there is a search. */
const searchFrom = 12;

/** Everyone who is here by name: those on stage first, then the audience, newest first. */
export function PeoplePanel({ members, ownUid }: { members: readonly Person[]; ownUid: Person['uid'] }) {
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const viewers = members.reduce((sum, member) => sum + (member.role === 'audience' ? 1 : 0), 0);
  const sorted = members
    .filter((member) => wanted === '' || nameOf(member).toLowerCase().includes(wanted))
    .sort((a, b) => rank(a) - rank(b) || b.joinedMs - a.joinedMs || a.numericUid - b.numericUid);
  return (
    <section className={classes.panel} aria-label="Who is here">
      <header className={classes.panelHead}>
        <h2 className={classes.panelTitle}>Who is here</h2>
        <Text size="sm" c="dimmed" role="status">
          {viewers} watching, {members.length - viewers} on stage
        </Text>
      </header>
      {members.length >= searchFrom && (
        <TextInput
          size="xs"
          mb={6}
          aria-label="Search by name"
          placeholder="Search by name"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable from the keyboard. */}
      <ul className={classes.people} tabIndex={0} aria-label="People, those on stage first">
        {sorted.slice(0, listedPeopleMax).map((member) => (
          <PersonRow key={member.uid} member={member} own={member.uid === ownUid} />
        ))}
      </ul>
      {sorted.length > listedPeopleMax && (
        <Text size="sm" c="dimmed" pt={6}>
          and {sorted.length - listedPeopleMax} more
        </Text>
      )}
      {viewers === 0 && wanted === '' && (
        <Text size="sm" c="dimmed" pt={8}>
          Nobody watches yet. Share the link, and people appear here the moment they come.
        </Text>
      )}
    </section>
  );
}

/** Drawn again only when its member changed: the others of a large audience stand still. */
const PersonRow = memo(function PersonRow({ member, own }: { member: Person; own: boolean }) {
  const name = nameOf(member);
  return (
    <li className={classes.person} data-interrupted={member.interruptedSinceMs !== undefined || undefined}>
      <Avatar name={name} size={30} radius="xl" aria-hidden />
      <span className={classes.personName} title={`uid ${member.numericUid}`}>
        {name}
        {own && <span className={classes.quiet}> (you)</span>}
      </span>
      {member.interruptedSinceMs !== undefined && (
        <Badge
          size="sm"
          variant="light"
          color="orange"
          title="Nothing is heard from this connection at the moment"
        >
          interrupted
        </Badge>
      )}
      {member.role === 'host' && (
        <Badge size="sm" variant="light" color="red">
          on stage
        </Badge>
      )}
    </li>
  );
});

function rank(member: Person): number {
  return member.role === 'host' ? 0 : 1;
}
