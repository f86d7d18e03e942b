import {
  type RosterCounts,
  rosterPageMembersMax,
  type SignalingRosterChange,
  type SignalingRosterChanges,
  type SignalingRosterCount,
  type SignalingRosterMember,
  type SignalingRosterSnapshot,
  type SignalingRosterWindow,
  type SignalingRosterWindowChanges,
} from '@housecount/protocol';
import { fixed } from '../../fixed-limits.ts';
import type { ViewedRoster } from '../../rosters/roster-views.ts';
import { windowChanges } from '../../rosters/window.ts';
import type { ChannelPlace } from '../names/channel-key.ts';
import { type Person, toSignalingRosterMember } from '../presence/person.ts';
import type { People } from '../presence/presence-fold.ts';
import { lengthOf } from '../presence/presence-frames.ts';

/** The people in a channel, with the number of the last change that led to this state. Immutable. */
export interface NumberedPeople {
  readonly people: People;
  readonly seq: number;
}

/** The roster that a frame is of. */
export interface RosterId extends ChannelPlace {
  readonly stream: string;
}

/** Views of a channel's roster, as its readers are told of them. */
export function viewedPeople(id: RosterId): ViewedRoster<NumberedPeople, Person> {
  return {
    sizeOf: ({ people }) => people.shown.size,
    membersOf: ({ people }, { from, limit }) => taken(people.shown.valuesFrom(from), limit),
    // Each life of a roster has views of its own.
    isOneLife: () => true,

    whole(now, range, persons) {
      const counts = { ...frameOf(id, now), ...countsOf(now) };
      const frame: SignalingRosterCount | SignalingRosterWindow = range
        ? {
            type: 'roster-window',
            ...counts,
            view: { from: range.from, count: range.limit },
            members: persons.map(toSignalingRosterMember),
          }
        : { type: 'roster-count', ...counts };
      return JSON.stringify(frame);
    },

    next(before, now, range, personsBefore, persons) {
      if (now.seq === before.seq) return undefined;
      const counts = { ...frameOf(id, now), ...countsOf(now) };
      const frame: SignalingRosterCount | SignalingRosterWindowChanges = range
        ? {
            type: 'roster-window-changes',
            ...counts,
            view: { from: range.from, count: range.limit },
            after: before.seq,
            ...windowChanges(personsBefore, persons, {
              idOf: ({ userId }) => userId,
              arrivalOf: ({ order = 0 }) => order,
              shownOf: toSignalingRosterMember,
            }),
          }
        : { type: 'roster-count', ...counts };
      return JSON.stringify(frame);
    },
  };
}

/** A frame of changes, which are dense and at least one. `now` is what they lead to; absent if more follow that do. */
export function changesText(
  { channelType, channel, stream }: RosterId,
  changes: readonly SignalingRosterChange[],
  now?: NumberedPeople,
): string {
  return JSON.stringify({
    type: 'roster-changes',
    channelType,
    channel,
    stream,
    from: changes[0]?.seq ?? 0,
    seq: changes.at(-1)?.seq ?? 0,
    ...(now && { at: now.people.at, count: now.people.shown.size }),
    changes,
  } satisfies SignalingRosterChanges);
}

/** All of a roster, a page at a time, bounded by members and by length. */
export function* snapshotTexts(id: RosterId, now: NumberedPeople): Generator<string> {
  const { shown } = now.people;
  let after = 0;
  let left = shown.size;
  do {
    const members: SignalingRosterMember[] = [];
    let length = 0;
    for (const person of shown.valuesAfter(after)) {
      const member = toSignalingRosterMember(person);
      length += lengthOfMember(member);
      if (
        members.length > 0 &&
        (members.length === rosterPageMembersMax || length > fixed.signalingFrameLengthMax)
      )
        break;
      members.push(member);
      after = person.order ?? after;
    }
    left -= members.length;
    yield JSON.stringify({
      type: 'roster-snapshot',
      ...frameOf(id, now),
      count: shown.size,
      members,
      last: left <= 0,
    } satisfies SignalingRosterSnapshot);
  } while (left > 0);
}

/** Approximate number of characters that a change takes in a frame. */
export const lengthOfChange = (change: SignalingRosterChange): number =>
  'member' in change ? lengthOfMember(change.member) : baseLength + 128;

const lengthOfMember = ({ userId, states, live }: SignalingRosterMember): number =>
  baseLength + lengthOf(userId, states) + (live?.uids?.length ?? 0) * 11;

/** Approximate characters, at most, of a member or change besides its names, states and uids. */
const baseLength = 250;

const frameOf = ({ channelType, channel, stream }: RosterId, { people, seq }: NumberedPeople) => ({
  channelType,
  channel,
  stream,
  seq,
  at: people.at,
});

const countsOf = ({ people }: NumberedPeople): RosterCounts => {
  const { shown, hosts, audience, interrupted } = people;
  return { count: shown.size, hosts, audience, interrupted };
};

function taken<T>(items: Iterable<T>, max: number): T[] {
  const result: T[] = [];
  if (max <= 0) return result;
  for (const item of items) {
    result.push(item);
    if (result.length >= max) break;
  }
  return result;
}
