import type { RosterViewRequest } from '../../frames.ts';
import { isRosterView } from '../../parse.ts';
import { signalingErrors } from '../signaling-errors.ts';
import { signalingWindowMembersMax } from '../signaling-roster.ts';
import {
  type Check,
  field,
  fieldsFault,
  id,
  invalid,
  isId,
  isObject,
  optional,
  place,
  type SignalingFrameChecks,
  text,
} from './checks.ts';

const view = field(
  `{"count": true}, {"first": n} or {"from": n, "count": n}, with at most ${signalingWindowMembersMax} members`,
  (value) => isRosterView(value) && sizeOf(value) <= signalingWindowMembersMax,
  signalingErrors.presenceInvalidArgument,
);

const sizeOf = (view: RosterViewRequest): number =>
  'first' in view ? view.first : 'from' in view ? view.count : 0;

const cursorFields = {
  stream: text(64, signalingErrors.presenceInvalidArgument),
  after: field('a whole number from 0', isId, signalingErrors.presenceInvalidArgument),
};

const cursor: Check = (value, name) =>
  isObject(value)
    ? fieldsFault(value, cursorFields, `${name}.`)
    : invalid(`"${name}" must be an object.`, signalingErrors.presenceInvalidArgument);

/** The frames of rosters. */
export const rosterFrames: SignalingFrameChecks = {
  'subscribe-roster': { id, ...place, view: optional(view), cursor: optional(cursor) },
  'unsubscribe-roster': { id, ...place, view: optional(view) },
};
