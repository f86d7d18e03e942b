import { codes, ruleScopes } from '@housecount/protocol';
import { memberUid } from '../names.ts';
import { connection, memberFields, profile as profiles } from '../rest/channels.ts';
import {
  anyOf,
  boolean,
  constant,
  declared,
  described,
  integer,
  keyOf,
  milliseconds,
  named,
  object,
  oneOf,
  optional,
  string,
} from '../shape.ts';
import { leaveReason, role, saying } from './frame-words.ts';

/** What live frames are made of. Types that the protocol declares by hand are imported from there, where types are made of these shapes. */

export const profile = declared('Profile', '../events.ts', profiles);
export const code = declared('Code', '../codes.ts', keyOf(codes));
export const ruleScope = declared('RuleScope', '../reasons.ts', oneOf(...ruleScopes));

export const uid = memberUid('The number of the member.');
export const account = optional(string('If it joined with one.'));
const userId = optional(string('The signaling user that it is linked to; absent: none, so far.'));
export const seqThat = (description: string) => integer(description, { minimum: 1 });

export const newHost = {
  uid,
  account,
  audio: boolean('It is sending audio.'),
  video: boolean('It is sending video.'),
};
export const hostState = named(
  'HostState',
  object(
    { ...newHost, interrupted: optional(boolean('True while its connection is silent; else absent.')) },
    'A broadcaster as every rtc connection sees it.',
  ),
);

/** Why the streams of a broadcaster are other ones, in the words of the original. */
export const hostInfo = named(
  'HostInfo',
  oneOf(
    'mute-audio',
    'unmute-audio',
    'mute-video',
    'unmute-video',
    'enable-local-video',
    'disable-local-video',
  ),
);

const newMemberFields = {
  uid,
  account,
  userId,
  role,
  platform: integer('Platform number, as in `hello`.'),
  clientType: optional(integer('What the client says it is, as in `hello`.')),
  connection: declared('ConnectionKind', '../events.ts', connection),
  joinedMs: memberFields.joinedMs,
};
export const rosterMember = named(
  'RosterMember',
  object(
    {
      ...newMemberFields,
      interruptedSinceMs: optional(
        integer(
          'The time since which its connection is silent, UTC epoch milliseconds; absent while it is not. A state, not an event.',
        ),
      ),
    },
    'A member as clients see it.',
  ),
);

const newRosterMember = named(
  'NewRosterMember',
  object(newMemberFields, 'A member that joins: nobody is silent then.'),
);

const change = {
  seq: seqThat('Dense: a hole means a missed change.'),
  atMs: milliseconds('When it was decided'),
};
const whom = {
  uid,
  account,
  userId,
  role: described('The new role; of who left, the role at the leave.', role),
};
/** Changes of a roster by type. */
export const rosterChanges = {
  opened: object({ ...change, type: constant('opened'), profile }, 'The channel opened. Always seq 1.'),
  joined: object(
    {
      ...change,
      type: constant('joined'),
      member: saying('As in the snapshot, without `interruptedSinceMs`.', newRosterMember),
    },
    'A member joined.',
  ),
  left: object(
    {
      ...change,
      type: constant('left'),
      ...whom,
      reason: leaveReason,
      lastHeardMs: milliseconds('When it was last heard'),
    },
    'A member left.',
  ),
  role: object({ ...change, type: constant('role'), ...whom }, 'The role of a member changed.'),
  closed: object({ ...change, type: constant('closed') }, 'The channel closed. Always the last of a sid.'),
};
export const rosterChange = named('RosterChange', {
  description: 'One change of the roster.',
  ...anyOf(...Object.values(rosterChanges)),
});
