import { rosterPageMembersMax } from '@housecount/protocol';
import { sid } from '../rest/channels.ts';
import {
  anyOf,
  array,
  boolean,
  constant,
  described,
  integer,
  milliseconds,
  named,
  object,
  oneOf,
  optional,
  string,
} from '../shape.ts';
import { role, saying } from './frame-words.ts';
import {
  account,
  code,
  hostInfo,
  hostState,
  newHost,
  profile,
  rosterChange,
  rosterMember,
  ruleScope,
  seqThat,
  uid,
} from './live-words.ts';

/** What the server sends at /v1/connect. Clients ignore fields that they do not know: a later server may send more. */

const most = rosterPageMembersMax.toLocaleString('en');
const asLogged = 'It is what the log has, which after a resume may differ from the hello.';
const message = string('A sentence for a person; may change.');
const asInClosing = {
  code: described('As in `closing`.', code),
  message: described('As in `closing`.', message),
};
const iceServer = object({ urls: string(), username: optional(string()), credential: optional(string()) });

const connectionFrames = {
  welcome: named(
    'WelcomeFrame',
    object({
      type: constant('welcome'),
      connectionId: string('Names this connection of this member; the same after a resume.'),
      resume: string(
        "**Secret**: takes this membership up again, and is the Bearer of this member's WHIP and WHEP sessions. Opaque.",
      ),
      resumed: boolean('True: the membership was taken up again, no event was made.'),
      attempt: optional(
        integer(
          'The number of the newest attempt to resume that was taken, 0 if none was: the next one has a higher one. Absent: an older server, which knows no `attempt` in a hello.',
        ),
      ),
      sid,
      seq: integer('Where the channel stood when `hosts` and `count` were true.'),
      uid: described(
        "The member's number: as given, as assigned, or as mapped from the account for ever.",
        uid,
      ),
      account,
      role: described(asLogged, role),
      profile: described(asLogged, profile),
      hosts: array(
        hostState,
        "The channel's broadcasters in order of arrival. Includes this member if it is one.",
      ),
      count: integer('Members in the channel.'),
      nowMs: integer(
        "The server's time, UTC epoch milliseconds: what its events are stamped with; never for measuring how long something lasts.",
      ),
      pingMs: integer('Send at least this often, milliseconds.'),
      leaseMs: integer('Silence after which the server presumes the connection gone, milliseconds.'),
      recoveryMs: optional(
        integer(
          'After a restart, how long the server waits for its clients to come back, milliseconds; older servers do not say, then take `leaseMs`.',
        ),
      ),
      tokenEndsMs: optional(
        integer(
          'When the join privilege ends, and the membership with it, UTC epoch milliseconds; absent: never.',
        ),
      ),
      link: optional(
        object(
          {
            nonce: string(
              'It names this attachment of the member to whoever issues a proof. Each welcome has another one, and none is secret.',
            ),
            userId: optional(string('The signaling user that the member is linked to; absent: none.')),
          },
          'It is there where the app links members to signaling users: see `link`. Absent: the app does not, or the server is older.',
        ),
      ),
      iceServers: array(iceServer, "For the client's RTCPeerConnection."),
    }),
  ),
  'ice-servers': named(
    'IceServersFrame',
    object(
      { type: constant('ice-servers'), iceServers: array(iceServer, 'All of them.') },
      'In place of those of the welcome, whose passwords end: for each RTCPeerConnection from now on, and for ICE restarts.',
    ),
  ),
  closing: named(
    'ClosingFrame',
    object(
      {
        type: constant('closing'),
        code: described('See Close codes.', code),
        message,
        retry: boolean('May the client connect again with the same hello?'),
        retryAfterMs: optional(
          integer(
            'Not before this many milliseconds from now, unless that is longer than a quarter of the lease: see Resuming; add jitter of your own.',
          ),
        ),
        scope: optional(
          described(
            'With `kicked` and `banned`, what the kicking rule is about: `uid` (this member), `ip` (its address) or `channel`.',
            ruleScope,
          ),
        ),
      },
      'The connection ends; the socket is closed with `codes[code].close` right after.',
    ),
  ),
  pong: named(
    'PongFrame',
    object({ type: constant('pong'), id: optional(integer('That of the ping, if it had one.')) }),
  ),
  ok: named(
    'OkFrame',
    object({
      type: constant('ok'),
      id: integer('Of the request that is done.'),
      nonce: optional(
        string(
          'The next proof, should one be needed, is about this nonce. It is there after a `link` with a proof.',
        ),
      ),
    }),
  ),
  error: named(
    'ErrorFrame',
    object({
      type: constant('error'),
      id: optional(integer('Of the request; absent if the frame had none that could be read.')),
      ...asInClosing,
    }),
  ),
  'token-will-expire': named(
    'TokenWillExpireFrame',
    object(
      { type: constant('token-will-expire'), endsMs: milliseconds('When the join privilege ends') },
      '30 s before the join privilege ends.',
    ),
  ),
};

const counts = {
  count: integer('Members in the channel.'),
  hosts: integer('Broadcasters.'),
  audience: integer('All others; with `hosts` they are `count`.'),
  interrupted: integer(
    'Members whose connection is silent: counted in the above, too. A state, as in `roster-interrupted`.',
  ),
};
const inChannel = (what: string) => `${what} in the whole channel, as in \`roster-count\`.`;
const countsOfAll = {
  count: integer(inChannel('Members')),
  hosts: integer(inChannel('Broadcasters')),
  audience: integer(inChannel('All others')),
  interrupted: integer(inChannel('Members whose connection is silent')),
};

const rosterFrames = {
  'roster-snapshot': named(
    'RosterSnapshotFrame',
    object(
      {
        type: constant('roster-snapshot'),
        sid: described('The same on all parts of the snapshot.', sid),
        seq: seqThat('Where this snapshot is true; the same on all its parts.'),
        profile,
        count: integer('Members in the whole snapshot.'),
        members: array(rosterMember, `Those of this part: at most ${most}, in order of arrival.`),
        last: boolean('True on the final part.'),
      },
      'A part of the roster at `seq`; `last` on the final part. At most `rosterPageMembersMax` members each.',
    ),
  ),
  'roster-changes': named(
    'RosterChangesFrame',
    object(
      {
        type: constant('roster-changes'),
        sid,
        from: integer('First seq of `changes`.'),
        to: integer('Last seq of `changes`.'),
        count: integer('Members in the channel after `to`.'),
        changes: array(rosterChange, `Dense, and at most ${most}.`),
      },
      'Changes `from`…`to`, dense. The first frame after a snapshot at seq n begins at n + 1 or earlier: skip what is not newer.',
    ),
  ),
  'roster-interrupted': named(
    'RosterInterruptedFrame',
    object(
      {
        type: constant('roster-interrupted'),
        sid,
        silent: array(
          object({ uid, sinceMs: milliseconds('When it was last heard') }),
          'Members whose connection went silent, and since when: they are still in the channel.',
        ),
        back: array(uid, 'uids of members heard again.'),
      },
      "Silence is told before it is judged: these members' connections went silent, or are back. No seq.",
    ),
  ),
  'roster-linked': named(
    'RosterLinkedFrame',
    object(
      {
        type: constant('roster-linked'),
        sid,
        linked: array(
          object({ uid, userId: string('The signaling user that it is linked to now.') }),
          'These members were linked after they had come, or to another user than before.',
        ),
      },
      'Which signaling users these members are became known after they had joined. It has no seq.',
    ),
  ),
  'roster-count': named(
    'RosterCountFrame',
    object(
      {
        type: constant('roster-count'),
        sid,
        seq: seqThat('Where the counts are true.'),
        ...counts,
      },
      'The counts at `seq`: at first, and whenever they changed.',
    ),
  ),
  'roster-window': named(
    'RosterWindowFrame',
    object(
      {
        type: constant('roster-window'),
        sid,
        seq: seqThat('Where this is true.'),
        ...countsOfAll,
        from: integer(
          'The place of the first of `members` in the order of arrival, counted from 0: as asked for.',
        ),
        members: array(
          rosterMember,
          'All that stand in the window, in order of arrival, as in `roster-snapshot`; empty if there are not so many members.',
        ),
      },
      'All of a window at `seq`: takes the place of whatever window was known.',
    ),
  ),
  'roster-window-changes': named(
    'RosterWindowChangesFrame',
    object(
      {
        type: constant('roster-window-changes'),
        sid,
        after: integer('The seq that the client knows: of the window frame before this one.'),
        seq: seqThat(
          'Where the window and the counts are true now. Equals `after` where only links changed.',
        ),
        ...countsOfAll,
        left: optional(
          array(
            uid,
            'uids that are no longer in the window: they left the channel or, where `from` is not 0, moved to a place before it.',
          ),
        ),
        changed: optional(
          array(
            rosterMember,
            'Members of the window that are another way now: role, `userId`, or `interruptedSinceMs` come or gone.',
          ),
        ),
        entered: optional(
          array(rosterMember, 'Members that are new in the window; they come after all others.'),
        ),
      },
      'The changes that turn the window at `after` into the window at `seq`: take out `left`, put those of `changed` in the place of what was known of them, append `entered`. Each is absent if it is empty. `after` equals `seq` where only links changed.',
    ),
  ),
};

const ofEvent = { sid: described('Of the event.', sid), seq: seqThat('Of the event.') };

const hostFrames = {
  'host-joined': named(
    'HostJoinedFrame',
    object(
      {
        type: constant('host-joined'),
        ...ofEvent,
        host: object(newHost, 'As in `hosts` of the welcome; nobody is silent as they come.'),
      },
      'A broadcaster came (or an audience member became one).',
    ),
  ),
  'host-left': named(
    'HostLeftFrame',
    object(
      {
        type: constant('host-left'),
        ...ofEvent,
        uid,
        reason: described(
          '`timeout`, `became-audience` (it is still in the channel), or `quit` for all others.',
          oneOf('quit', 'timeout', 'became-audience'),
        ),
      },
      '`became-audience` is a role change; the member is still in the channel.',
    ),
  ),
  'host-streams': named(
    'HostStreamsFrame',
    object({
      type: constant('host-streams'),
      uid,
      audio: boolean('The broadcaster is sending audio now.'),
      video: boolean('The broadcaster is sending video now.'),
    }),
  ),
  'host-info': named(
    'HostInfoFrame',
    object(
      { type: constant('host-info'), uid, what: saying('What it did.', hostInfo) },
      'Why the next `host-streams` of this broadcaster are other ones. It may come without them, or they without it.',
    ),
  ),
  'host-messages': named(
    'HostMessagesFrame',
    object(
      {
        type: constant('host-messages'),
        uid,
        account,
        messages: array(string(), 'The messages in order, each as base64.'),
      },
      'Messages of a broadcaster: told once to whoever is connected, and kept nowhere.',
    ),
  ),
  'media-layer': named(
    'MediaLayerFrame',
    object(
      {
        type: constant('media-layer'),
        session: string(
          "The session: the last path segment of the Location of one of this member's WHEP sessions.",
        ),
        layer: described(
          '`low`: the smallest of the sizes in which the host sends its picture.',
          oneOf('high', 'low'),
        ),
      },
      'The picture of one WHEP session comes in another size from now on. Until it is told it is a large one.',
    ),
  ),
  'media-restarted': named(
    'MediaRestartedFrame',
    object(
      { type: constant('media-restarted') },
      'The media engine was restarted: publish and subscribe again. Membership is untouched.',
    ),
  ),
};

export const liveServerFrames = { ...connectionFrames, ...rosterFrames, ...hostFrames } as const;
export const liveServerFrame = named('ServerFrame', anyOf(...Object.values(liveServerFrames)));
