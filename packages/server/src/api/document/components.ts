import {
  codes,
  eventsLostType,
  evidences,
  leaveReasons,
  noticeTypeNumbers,
  ruleScopes,
} from '@housecount/protocol';
import { deliveryStatuses } from '../../ledger/deliveries/delivery.ts';
import { redeliveryStates } from '../../ledger/redelivery/redeliveries.ts';
import { endpointSettings } from '../native/endpoints/endpoint-settings.ts';
import { ruleSchema } from '../native/rules.ts';
import { metadataSetSchema } from '../native/signaling/storage.ts';
import {
  anyOf,
  array,
  boolean,
  constant,
  integer,
  object,
  oneOf,
  optional,
  ref,
  type Schema,
  string,
} from './schema.ts';

const role = oneOf('broadcaster', 'audience');
const profile = oneOf('live', 'communication');
const connection = oneOf('rtc', 'whip', 'whep', 'signaling');
const milliseconds = (what: string) => integer(`${what}, UTC epoch milliseconds.`);

const eventBase = {
  app: string('App id.'),
  channel: string('Channel name.'),
  sid: string('One life of the channel, from first join to last leave.'),
  seq: integer('Order in the sid, dense: 1, 2, 3 …', { minimum: 1 }),
  atMs: milliseconds('When it was decided'),
  count: integer('Members in the channel after the event.', { minimum: 0 }),
  profile,
};
const uid = integer('1 to 4294967295.', { minimum: 1, maximum: 0xffffffff });
/** Who it was is absent for customers without names. */
const subject = {
  uid: optional(uid),
  account: optional(string('The string account, if the member joined with one.')),
  role,
  platform: integer('Platform number of the notices.'),
  clientType: optional(integer()),
  clientSeq: integer('Strictly increasing per app, channel and uid.'),
};

/** The shapes of a channel's events, each with `more`. */
const channelEvents = (more: Readonly<Record<string, Schema>> = {}) =>
  anyOf(
    object({ ...eventBase, ...more, type: constant('channel-opened') }),
    object({ ...eventBase, ...more, type: constant('channel-closed'), lastUid: optional(integer()) }),
    object({
      ...eventBase,
      ...more,
      ...subject,
      type: constant('member-joined'),
      connectionId: string(),
      connectionKind: connection,
      quiet: optional(constant(true)),
      tokenEndsMs: optional(milliseconds('When the join privilege ends; absent if never')),
      publish: optional(
        object({
          audioEndsMs: optional(
            milliseconds('Until when the token allows to publish audio; absent: it does not'),
          ),
          videoEndsMs: optional(
            milliseconds('Until when the token allows to publish video; absent: it does not'),
          ),
        }),
      ),
      leaseMs: integer('Silence allowed before the member is presumed gone, milliseconds.'),
    }),
    object({
      ...eventBase,
      ...more,
      ...subject,
      type: constant('member-left'),
      connectionId: string(),
      reason: oneOf(...Object.keys(leaveReasons)),
      evidence: oneOf(...evidences),
      ruleScope: optional(oneOf(...ruleScopes)),
      lastHeardMs: milliseconds('When the server last heard from the member'),
      noticedMs: milliseconds('When the server noticed the silence or the goodbye'),
      silentSinceMs: optional(
        milliseconds('When its silence began; of a member that was put out while it was silent'),
      ),
      joinedMs: milliseconds('When the member joined'),
    }),
    object({ ...eventBase, ...more, ...subject, type: constant('role-changed') }),
  );

const delivery = {
  endpoint: string('Endpoint id.'),
  noticeId: string(),
  position: integer('Of the event in the log.'),
  type: ref('NoticeNumber'),
  channel: string('Empty in the word of lost events that is about several.'),
  sid: eventBase.sid,
  seq: eventBase.seq,
  uid: subject.uid,
  account: subject.account,
  eventMs: eventBase.atMs,
  firstMs: milliseconds('First attempt'),
  lastMs: milliseconds('Last attempt'),
  attempts: integer('How many were made.'),
  redelivered: integer('How many of them were redeliveries.'),
  status: oneOf(...deliveryStatuses),
};

/** The named shapes of the OpenAPI document. */
export const components: Readonly<Record<string, Schema>> = {
  Refusal: object(
    {
      code: oneOf(...Object.keys(codes)),
      message: string('A sentence for a person.'),
      requestId: string('Also in X-Request-ID and in the log of the server.'),
    },
    'A request that was refused. Decide by `code`: codes are never renamed.',
  ),
  AgoraRefusal: object({ message: string(), code: optional(string('The code of the native API.')) }),
  RosterMember: object({
    uid: subject.uid,
    account: subject.account,
    role,
    platform: subject.platform,
    clientType: subject.clientType,
    connection,
    joinedMs: milliseconds('When the member joined'),
    interruptedSinceMs: optional(milliseconds('Set while the member is silent: when it was last heard')),
  }),
  ChannelEvent: {
    description: 'A change of a channel: decided, numbered, logged. The roster is the sum of these.',
    ...channelEvents(),
  },
  PulledEvent: {
    description: 'A ChannelEvent, with the notice that it makes.',
    ...channelEvents({
      noticeId: string('The same as on every webhook.'),
      eventType: ref('NoticeType'),
      notice: ref('AgoraNotice'),
    }),
  },
  AgoraNotice: object(
    {
      sid: eventBase.sid,
      noticeId: string(),
      productId: constant(1),
      eventType: ref('NoticeType'),
      notifyMs: milliseconds('When this copy was made'),
      payload: object({
        channelName: string(),
        ts: integer('When it was decided, Unix seconds.'),
        lastUid: optional(integer()),
        uid: optional(integer()),
        platform: optional(integer()),
        clientType: optional(integer()),
        clientSeq: optional(integer()),
        reason: optional(integer()),
        duration: optional(integer('Seconds in the channel.')),
        account: optional(string()),
        seq: eventBase.seq,
        count: eventBase.count,
      }),
    },
    'The body of a webhook in the `agora` format, as an object.',
  ),
  SnapshotLine: {
    description: 'A line of a snapshot.',
    ...anyOf(
      object({
        type: constant('snapshot'),
        app: string(),
        cursor: string('Ask /events for what comes after it.'),
        atMs: milliseconds('When it was taken'),
        channels: integer('Open channels.'),
      }),
      object({
        type: constant('channel'),
        channel: string(),
        sid: eventBase.sid,
        seq: eventBase.seq,
        profile,
        openedMs: milliseconds('First join of this life'),
        count: integer('Members in the lines that follow.'),
        hosts: integer('Broadcasters among them.'),
      }),
      object({
        type: constant('members'),
        channel: string(),
        sid: eventBase.sid,
        members: array(ref('RosterMember')),
      }),
      object({
        type: constant('end'),
        channels: integer(),
        members: integer('All members of all channels.'),
      }),
    ),
  },
  ChannelSummary: object({
    channel: string(),
    sid: eventBase.sid,
    seq: eventBase.seq,
    profile,
    openedMs: milliseconds('First join of this life'),
    count: integer('All members.'),
    hosts: integer('Broadcasters.'),
    audience: integer('The others.'),
  }),
  Life: object({
    sid: eventBase.sid,
    profile,
    openedMs: optional(milliseconds('First join; absent if it is older than the history')),
    closedMs: optional(milliseconds('Last leave; absent while the channel is open')),
    lastSeq: integer('seq of the newest event.'),
    joins: integer('Joins so far, the same person counted each time.'),
    peak: integer('The largest number of members at one time.'),
  }),
  Attempt: object(
    {
      id: integer('Counts the attempts of one server process.'),
      app: string(),
      endpointId: string(),
      url: string(),
      virtual: boolean('No receiver stands behind it: made so that notices can be seen before there is one.'),
      position: integer('Position of the event in the log.'),
      noticeId: string('The same over every endpoint, copy and attempt.'),
      eventType: ref('NoticeNumber'),
      channel: string(),
      attempt: integer('1 is the first.', { minimum: 1 }),
      atMs: milliseconds('When it was sent'),
      durationMs: integer(),
      outcome: anyOf(
        object({
          answered: constant(true),
          status: integer('HTTP status.'),
          excerpt: optional(string('Of the answer.')),
        }),
        object({ answered: constant(false), stage: string('Where it failed.'), detail: string() }),
      ),
      next: oneOf('delivered', 'retry', 'give-up'),
      body: optional(string('The exact bytes sent, as text; of a batch, the part that is this notice.')),
      headers: optional({ type: 'object', additionalProperties: string() }),
      redelivery: optional(string('Id of the redelivery that it is part of.')),
    },
    'One try to hand a notice to an endpoint.',
  ),
  Notice: object(
    {
      position: integer('Ask for what comes after it.'),
      noticeId: string(),
      eventType: ref('NoticeType'),
      channel: string(),
      body: string('Post this as it is …'),
      headers: { type: 'object', additionalProperties: string(), description: '… with these: it is signed.' },
    },
    'A notice formed for a listener.',
  ),
  NoticeType: oneOf(...noticeTypeNumbers),
  NoticeNumber: {
    ...oneOf(...noticeTypeNumbers, eventsLostType),
    description: `A NoticeType, or ${eventsLostType}: events were lost.`,
  },
  Endpoint: object({
    endpointId: string(),
    app: string(),
    source: {
      ...oneOf('config', 'managed'),
      description: '`config`: it is in the configuration file, and is changed there.',
    },
    ...endpointSettings,
    headerNames: array(string(), 'Of its own headers; the values are not shown.'),
    secrets: array(
      object({
        hint: string('The end of a long secret.'),
        endsMs: optional(milliseconds('It signs no more after this')),
      }),
      'Active ones, oldest first.',
    ),
    createdMs: optional(milliseconds('When it was made; absent for one of the configuration')),
    state: {
      ...oneOf(
        'disabled',
        'running',
        'paused',
        'suspended',
        'gone',
        'waiting-for-room',
        'log-failed',
        'journal-failed',
        'stopped',
      ),
      description:
        '`disabled`: it gets nothing, for it has not passed its health test. `paused`: its notices wait. `suspended`: it failed for long and is tried once a minute. `gone`: it answered 410, and its notices wait until it is resumed.',
    },
    through: integer('Last log position taken.'),
    backlog: integer('Log positions not yet taken, plus the notices taken and not finished.'),
    inFlight: integer('Attempts under way.'),
    outstanding: integer('Notices taken and not finished.'),
    oldestEventMs: optional(milliseconds('When the event of the oldest unfinished notice was decided')),
    lastAttempt: optional(object({ atMs: milliseconds('When it was made'), result: string() })),
    failingSinceMs: optional(
      milliseconds('When the first of the failed attempts since the last delivery was made'),
    ),
    halt: optional(
      object(
        {
          state: oneOf('suspended', 'gone'),
          sinceMs: milliseconds('When it began'),
          why: string('What the attempt before it came to.'),
        },
        'Why nothing, or next to nothing, is sent.',
      ),
    ),
    givenUp: integer('Notices whose attempts are spent.'),
    lost: integer(
      'Events that waited for longer than they are kept, and were not sent; the endpoint is told which.',
    ),
  }),
  EndpointSecretShown: object({
    endpoint: ref('Endpoint'),
    secret: string('Keep it: it is not shown again.'),
  }),
  TestReport: object({ ok: boolean('Every test notice passed.'), results: array(ref('TestResult')) }),
  TestResult: object({
    eventType: ref('NoticeType'),
    ok: boolean(),
    code: integer(
      'Status of the answer, or: 590 no answer within 10 s, or no connection; 591 the host name cannot be resolved; 592 the TLS certificate cannot be verified.',
    ),
    detail: optional(string('A sentence; with `ok`, a warning.')),
    durationMs: integer(),
  }),
  GivenUp: object({
    position: integer(),
    noticeId: string(),
    eventType: ref('NoticeType'),
    event: ref('ChannelEvent'),
    attempts: integer('How many were made.'),
    error: optional(string('What the last one came to.')),
    atMs: milliseconds('When it was given up'),
    takenMs: optional(milliseconds('Last attempt of a delivery that was taken after all, by a redelivery')),
  }),
  Delivery: object(delivery, 'A notice on its way to an endpoint, or at its end.'),
  DeliveryWithAttempts: object({
    ...delivery,
    made: array(
      object({
        attempt: integer('1 is the first. A redelivery is one attempt of its own.', { minimum: 1 }),
        atMs: milliseconds('When it was sent'),
        durationMs: integer(),
        answered: optional(integer('HTTP status; absent if no answer came.')),
        stage: optional(string('Where it failed, if no answer came.')),
        detail: optional(string()),
        next: oneOf('delivered', 'retry', 'give-up'),
        redelivery: optional(string('Id of the redelivery that it is part of.')),
        exchange: optional(
          object(
            {
              headers: { type: 'object', additionalProperties: string() },
              body: string('The exact bytes sent, as text; of a batch, all of it.'),
              answer: string('The first 4 KiB of its body.'),
            },
            'Absent if it was dropped because more came than could be written.',
          ),
        ),
      }),
      'In the order in which they were made.',
    ),
  }),
  Redelivery: object({
    id: string(),
    app: string(),
    endpoint: string(),
    state: oneOf(...redeliveryStates),
    notices: integer('In all.'),
    delivered: integer(),
    failed: integer(),
    gone: integer('Deleted by retention before their turn.'),
    startedMs: milliseconds('When it was asked for'),
    endedMs: optional(milliseconds('When it ended')),
    trouble: optional(string('What the last failed attempt came to, or why it ended early.')),
  }),
  Rule: ruleSchema,
  MetadataSet: metadataSetSchema,
  KickingRule: object({
    id: integer(),
    appid: string(),
    uid: { type: ['integer', 'null'] },
    opid: integer(),
    cname: string(),
    ip: string(),
    ts: { type: 'string', format: 'date-time', description: 'When it ends.' },
    privileges: array(oneOf('join_channel', 'publish_audio', 'publish_video')),
    createAt: { type: 'string', format: 'date-time' },
    updateAt: { type: 'string', format: 'date-time' },
  }),
};
