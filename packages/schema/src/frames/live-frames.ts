import {
  byeGraceMsMax,
  platformNumbers,
  protocolVersion,
  rosterWindowMembersMax,
  uidMax,
} from '@housecount/protocol';
import { accountName, appId, channelName } from '../names.ts';
import { profile, role } from '../rest/channels.ts';
import {
  anyOf,
  boolean,
  closed,
  constant,
  integer,
  lacking,
  narrowed,
  number,
  optional,
  string,
} from '../shape.ts';

/** What clients send at /v1/connect. packages/protocol parses it by hand, for speed: a test holds both together. */

const id = integer('Id of a request; its answer has the same.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
});
/** Printable ASCII without spaces. */
const text = (description: string, maxLength: number) =>
  string(description, { pattern: '^[!-~]+$', maxLength });
const size = integer('Members of the window.', { minimum: 1, maximum: rosterWindowMembersMax });

const view = anyOf(
  closed({ count: constant(true) }),
  closed({ first: size }),
  closed({ from: id, count: size }),
);

export const liveFrames = {
  hello: closed(
    {
      type: constant('hello'),
      version: narrowed(number('Version of the protocol.'), { const: protocolVersion }),
      app: appId('App id.'),
      channel: channelName('Channel name.'),
      token: optional(string('RTC token.')),
      uid: optional(integer('0 or absent: the server gives one.', { minimum: 0, maximum: uidMax })),
      account: optional(accountName('String account, in place of uid.')),
      role: optional(role),
      profile: optional(profile),
      platform: optional(narrowed(number('Platform number.'), { enum: platformNumbers })),
      clientType: optional(integer(undefined, { minimum: 0, maximum: 255 })),
      resume: optional(text('Resume key of an earlier welcome.', 1_024)),
    },
    lacking('uid', 'account'),
  ),
  bye: closed({
    type: constant('bye'),
    graceMs: optional(
      integer('The member leaves only if nobody has resumed after this time, milliseconds.', {
        minimum: 0,
        maximum: byeGraceMsMax,
      }),
    ),
  }),
  ping: closed({ type: constant('ping'), id: optional(id) }),
  'set-role': closed({ type: constant('set-role'), id, role }),
  'renew-token': closed({ type: constant('renew-token'), id, token: string('RTC token.') }),
  'subscribe-roster': closed(
    {
      type: constant('subscribe-roster'),
      id,
      sid: optional(text('The sid that the client is in; with `after`, how far it is.', 128)),
      after: optional(id),
      view: optional(view),
    },
    { anyOf: [{ required: ['sid', 'after'] }, { allOf: [lacking('sid'), lacking('after')] }] },
  ),
  'unsubscribe-roster': closed({ type: constant('unsubscribe-roster'), id }),
  streams: closed({ type: constant('streams'), id, audio: boolean(), video: boolean() }),
  select: closed({
    type: constant('select'),
    id,
    session: text('The session: the last path segment of its Location.', 128),
    audio: boolean(),
    video: boolean(),
  }),
} as const;

export const liveClientFrame = anyOf(...Object.values(liveFrames));
