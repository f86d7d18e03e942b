import { codes, leaveReasons, ruleScopes } from '@housecount/protocol';
import { memberFields, profile, role, seq, sid, uid } from '../rest/channels.ts';
import {
  anyOf,
  array,
  boolean,
  constant,
  integer,
  keyOf,
  milliseconds,
  object,
  oneOf,
  optional,
  type Properties,
  string,
} from '../shape.ts';

/** What the server sends at /v1/connect. Clients ignore fields that they do not know: a later server may send more. */

const code = keyOf(codes);
const message = string('A sentence, with its full stop.');
const id = integer('Id of the request.');
const { account } = memberFields;
const streams = { audio: boolean(), video: boolean() };
const newHost = { uid, account, ...streams };
const host = object({
  ...newHost,
  interrupted: optional(boolean('True while nothing is heard of it.')),
});

const connectionFrames = {
  welcome: object({
    type: constant('welcome'),
    connectionId: string(),
    resume: string('Secret of this membership: it resumes it, and is the Bearer of its own media sessions.'),
    resumed: boolean('A silent connection was taken up again: no event was made.'),
    sid,
    seq: integer("The channel's seq that `hosts` and `count` are true at."),
    uid,
    account,
    role,
    profile,
    hosts: array(host),
    count: integer('Members.'),
    nowMs: milliseconds("The server's time"),
    pingMs: integer('Say something at least this often, milliseconds.'),
    leaseMs: integer('Silence after which the connection is presumed gone, milliseconds.'),
    recoveryMs: optional(
      integer('How long a server that started again waits for its clients, milliseconds.'),
    ),
    tokenEndsMs: optional(milliseconds('When the join privilege ends')),
    iceServers: array(
      object({ urls: string(), username: optional(string()), credential: optional(string()) }),
    ),
  }),
  closing: object({
    type: constant('closing'),
    code,
    message,
    retry: boolean('Connect again.'),
    retryAfterMs: optional(integer('The earliest time for that, milliseconds from now.')),
    scope: optional(oneOf(...ruleScopes)),
  }),
  pong: object({ type: constant('pong'), id: optional(id) }),
  ok: object({ type: constant('ok'), id }),
  error: object({ type: constant('error'), id: optional(id), code, message }),
  'token-will-expire': object({
    type: constant('token-will-expire'),
    endsMs: milliseconds('When the privilege ends'),
  }),
};

const { interruptedSinceMs: _, ...newMemberFields } = memberFields;
/** Nobody is silent as they join. */
const newMember = object({ uid, ...newMemberFields });
const members = array(object({ uid, ...memberFields }));
const counts = {
  count: integer('Members.'),
  hosts: integer('Broadcasters.'),
  audience: integer('The others.'),
  interrupted: integer('Members of whom nothing is heard.'),
};
const change = <const D extends Properties>(more: D) =>
  object({ seq, atMs: milliseconds('When it was decided'), ...more });
const whom = { uid, account, role };

const rosterFrames = {
  'roster-snapshot': object({
    type: constant('roster-snapshot'),
    sid,
    seq,
    profile,
    count: counts.count,
    members,
    last: boolean('The final part.'),
  }),
  'roster-changes': object({
    type: constant('roster-changes'),
    sid,
    from: integer('seq of the first change.'),
    to: integer('seq of the last one.'),
    count: integer('Members after it.'),
    changes: array(
      anyOf(
        change({ type: constant('opened'), profile }),
        change({ type: constant('closed') }),
        change({ type: constant('joined'), member: newMember }),
        change({
          type: constant('left'),
          ...whom,
          reason: keyOf(leaveReasons),
          lastHeardMs: milliseconds('When it was last heard'),
        }),
        change({ type: constant('role'), ...whom }),
      ),
    ),
  }),
  'roster-interrupted': object({
    type: constant('roster-interrupted'),
    sid,
    silent: array(object({ uid, sinceMs: milliseconds('When it was last heard') })),
    back: array(uid),
  }),
  'roster-count': object({ type: constant('roster-count'), sid, seq, ...counts }),
  'roster-window': object({
    type: constant('roster-window'),
    sid,
    seq,
    from: integer('Place of the first of `members`.'),
    members,
    ...counts,
  }),
  'roster-window-changes': object({
    type: constant('roster-window-changes'),
    sid,
    after: integer('The seq of the window that it changes.'),
    seq,
    left: optional(array(uid)),
    changed: optional(members),
    entered: optional(members),
    ...counts,
  }),
};

const hostFrames = {
  'host-joined': object({ type: constant('host-joined'), sid, seq, host: object(newHost) }),
  'host-left': object({
    type: constant('host-left'),
    sid,
    seq,
    uid,
    reason: oneOf('quit', 'timeout', 'became-audience'),
  }),
  'host-streams': object({ type: constant('host-streams'), uid, ...streams }),
  'media-restarted': object({ type: constant('media-restarted') }),
};

export const liveServerFrames = { ...connectionFrames, ...rosterFrames, ...hostFrames } as const;
export const liveServerFrame = anyOf(...Object.values(liveServerFrames));
