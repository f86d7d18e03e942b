import {
  byeGraceMsMax,
  linkProofLengthMax,
  platformNumbers,
  protocolVersion,
  rosterWindowMembersMax,
  streamMessageBytesMax,
  streamMessagesPerFrameMax,
  uidMax,
} from '@housecount/protocol';
import { base64Pattern } from '../base64.ts';
import { accountName, appId, channelName } from '../names.ts';
import {
  anyOf,
  array,
  boolean,
  closed,
  constant,
  described,
  integer,
  lacking,
  named,
  narrowed,
  number,
  oneOf,
  optional,
  refusing,
  string,
} from '../shape.ts';
import { role as roles, safe, saying, whole } from './frame-words.ts';
import { hostInfo, profile } from './live-words.ts';

/** What clients send at /v1/connect. The protocol's types, its parser's fields and the docs' tables are made of it; rules about two fields the parser has by hand. */

const id = whole('Id of the request; its answer has the same.');
/** Printable ASCII without spaces. */
const text = (description: string, maxLength: number) =>
  refusing(string(description, { pattern: '^[!-~]+$', maxLength }), {
    must: `1 to ${maxLength} printable ASCII characters without space`,
  });
const role = refusing(roles, { must: '"broadcaster" or "audience"', code: 'role_invalid' });
const size = integer('Members of the window.', { minimum: 1, maximum: rosterWindowMembersMax });
const token = (description: string) => refusing(string(description), { must: 'a string' });
const most = rosterWindowMembersMax.toLocaleString('en');

/** How much of a roster a client follows. */
export const rosterViews = [
  closed({ count: constant(true) }, { description: 'How many: nothing is sent per member.' }),
  closed(
    { first: size },
    {
      description: `The counts, and as many members as it says from the first on: of 50 the first 50 members in order of arrival; 1 to ${most}.`,
    },
  ),
  closed(
    { from: safe('Place of the first one.'), count: size },
    {
      description: `The counts, and the members at places \`from\` to \`from\` + \`count\` − 1, where 0 is the first: from 400 and a count of 50 those at 400 to 449; \`count\` 1 to ${most}.`,
    },
  ),
] as const;
const view = named('RosterViewRequest', {
  description:
    'The part of a roster to follow: the counts alone, or a window of it with the counts. A window is the members at places `from` to `from` + `count` − 1 in order of arrival, 0 being the first; `first: n` is `from: 0, count: n`.',
  ...anyOf(...rosterViews),
});

const helloFields = {
  type: constant('hello'),
  version: refusing(
    narrowed(number(`\`${protocolVersion}\`. Another one is refused with \`version_unsupported\`.`), {
      const: protocolVersion,
    }),
    { must: `${protocolVersion}` },
  ),
  app: appId('The app id, 32 hexadecimal characters.'),
  channel: refusing(channelName('1 to 64 characters of the legal set, below.'), {
    must: '1 to 64 characters of the legal set',
    code: 'invalid_channel_name',
  }),
  token: optional(
    token('An AccessToken2 with the RTC service, for this channel and identity. Every app needs one.'),
  ),
  uid: optional(
    refusing(
      integer(
        'The number of the member; 0 or absent asks for an assigned one, for which the token must be for any uid.',
        {
          minimum: 0,
          maximum: uidMax,
        },
      ),
      { must: `a whole number from 0 to ${uidMax}`, code: 'invalid_uid' },
    ),
  ),
  account: optional(
    refusing(
      accountName(
        'A string identity instead of `uid`: 1 to 255 characters of the legal set. Not together with `uid`.',
      ),
      { must: '1 to 255 characters of the legal set', code: 'invalid_account' },
    ),
  ),
  role: optional(
    described(
      '`broadcaster` or `audience`; default `audience`. In a communication channel it is ignored: all are broadcasters. Where the app uses co-host authentication, a broadcaster whose token allows no publishing is refused with `token_no_privilege`.',
      role,
    ),
  ),
  profile: optional(
    described(
      "`live` (default) or `communication`; fixed by the first member of a sid, or by the server's settings (then it is what an absent one means); others are refused with `profile_mismatch`.",
      refusing(profile, { must: '"live" or "communication"' }),
    ),
  ),
  platform: optional(
    refusing(
      narrowed(number('0 other (default), 1 Android, 2 iOS, 5 Windows, 6 Linux, 7 Web, 8 macOS.'), {
        enum: platformNumbers,
      }),
      { must: `one of ${platformNumbers.join(', ')}` },
    ),
  ),
  clientType: optional(
    refusing(
      integer('With platform 6: 3 on-premise recorder, 10 cloud recorder.', { minimum: 0, maximum: 255 }),
      { must: 'a whole number from 0 to 255' },
    ),
  ),
  resume: optional(
    text(
      'The `resume` of an earlier welcome: the same membership is taken up again, without an event. See Resuming.',
      1_024,
    ),
  ),
  attempt: optional(
    whole(
      'With `resume`: the number of this attempt, to a server whose welcome has `attempt`. A lower one than was taken already is refused with `replaced`. Default 0. See Resuming.',
    ),
  ),
  linkAwaited: optional(
    refusing(
      boolean(
        'True says that a `link` comes, so over signaling nobody is told of this member before that, for a moment at most (see `link`). Where the welcome has no `link` it changes nothing. Older servers refuse a hello that has it, with `frame_invalid`: send it again without.',
      ),
      { must: 'true or false' },
    ),
  ),
};

export const liveFrames = {
  hello: named('HelloFrame', closed(helloFields, lacking('uid', 'account'))),
  bye: named(
    'ByeFrame',
    closed({
      type: constant('bye'),
      graceMs: optional(
        refusing(
          integer(
            'Leave only if nobody has resumed after this time, milliseconds: for a page that cannot know whether it is closed or reloaded. Default 0: leave at once.',
            { minimum: 0, maximum: byeGraceMsMax },
          ),
          { must: `a whole number from 0 to ${byeGraceMsMax}` },
        ),
      ),
    }),
  ),
  ping: named(
    'PingFrame',
    closed({ type: constant('ping'), id: optional(described('Echoed in the `pong`.', id)) }),
  ),
  'set-role': named(
    'SetRoleFrame',
    closed(
      { type: constant('set-role'), id, role: described('The new role.', role) },
      { description: 'A request carries an `id`; the answer is `ok` or `error` with the same id.' },
    ),
  ),
  'renew-token': named(
    'RenewTokenFrame',
    closed({
      type: constant('renew-token'),
      id,
      token: token('A new token for the same channel and identity.'),
    }),
  ),
  link: named(
    'LinkFrame',
    closed({
      type: constant('link'),
      id,
      proof: optional(
        refusing(
          text(
            'It proves which signaling user the member is: `link-proof` of their session gave it for the `nonce` of this welcome. Absent: there is no such user, and the member is nobody but itself.',
            linkProofLengthMax,
          ),
          {
            must: `1 to ${linkProofLengthMax} printable ASCII characters without space`,
            code: 'link_proof_invalid',
          },
        ),
      ),
    }),
  ),
  'subscribe-roster': named(
    'SubscribeRosterFrame',
    closed(
      {
        type: constant('subscribe-roster'),
        id,
        sid: optional(text('With `after`: what the client knows already.', 128)),
        after: optional(whole('The last seq that it knows.')),
        view: optional(
          refusing(saying('How much of the roster; absent: all of it.', view), {
            must: `{"count": true}, {"first": N} or {"from": PLACE, "count": N} with N from 1 to ${rosterWindowMembersMax}`,
          }),
        ),
      },
      {
        description:
          "Follow the channel's roster. With `sid` and `after`: only what came after, if the server still has it. With `view`: that much of it; a cursor then changes nothing, for the answer is as small as the view.",
        anyOf: [{ required: ['sid', 'after'] }, { allOf: [lacking('sid'), lacking('after')] }],
      },
    ),
  ),
  'unsubscribe-roster': named('UnsubscribeRosterFrame', closed({ type: constant('unsubscribe-roster'), id })),
  streams: named(
    'StreamsFrame',
    closed(
      {
        type: constant('streams'),
        id,
        audio: boolean('This broadcaster is sending audio now.'),
        video: boolean('This broadcaster is sending video now.'),
      },
      {
        description: 'Tells what this broadcaster is sending (mute and unmute, publish and unpublish).',
      },
    ),
  ),
  select: named(
    'SelectFrame',
    closed(
      {
        type: constant('select'),
        id,
        session: text(
          "The session: the last path segment of the Location of one of this member's WHEP sessions.",
          128,
        ),
        audio: boolean('Forward audio.'),
        video: boolean('Forward video.'),
        layer: optional(
          described(
            'The largest picture, where the host sends it in several sizes: `low` is the smallest. Absent: any.',
            oneOf('high', 'low'),
          ),
        ),
      },
      { description: 'Names what of one WHEP session of this member the server shall forward.' },
    ),
  ),
  'tell-info': named(
    'TellInfoFrame',
    closed(
      {
        type: constant('tell-info'),
        id,
        what: refusing(saying('What this broadcaster did.', hostInfo), {
          must: '"mute-audio", "unmute-audio", "mute-video", "unmute-video", "enable-local-video" or "disable-local-video"',
        }),
      },
      { description: 'Says why the next `streams` of this broadcaster are other ones.' },
    ),
  ),
  'stream-messages': named(
    'StreamMessagesFrame',
    closed(
      {
        type: constant('stream-messages'),
        id,
        messages: refusing(
          array(
            string(undefined, {
              pattern: base64Pattern,
              'x-base64Bytes': { maximum: streamMessageBytesMax },
            }),
            `The messages in order, each as base64 of at most ${streamMessageBytesMax.toLocaleString('en')} bytes.`,
            { maxItems: streamMessagesPerFrameMax },
          ),
          {
            must: `at most ${streamMessagesPerFrameMax} messages, each base64 of at most ${streamMessageBytesMax} bytes`,
          },
        ),
      },
      { description: 'Messages of this broadcaster to all others who are in the channel now.' },
    ),
  ),
} as const;

export const liveClientFrame = named('ClientFrame', anyOf(...Object.values(liveFrames)));
