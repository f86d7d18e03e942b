import { leaveReasons, type NoticeType, noticeTypeNumbers, platforms } from '@housecount/protocol';
import {
  anyOf,
  constant,
  described,
  eachOptional,
  integer,
  milliseconds,
  named,
  type Optional,
  object,
  oneOf,
  type Properties,
  type Shape,
  string,
} from '../shape.ts';
import { agoraEventsLost } from './events-lost.ts';

/** Notices in the `agora` format: which fields there are, and which of them each type has. */

export const noticeType = named('NoticeType', oneOf(...noticeTypeNumbers));

const listed = (table: Readonly<Record<string, number>>) =>
  Object.entries(table)
    .map(([name, number]) => `${number} ${name}`)
    .join(', ');

/** Fields that only some types have. */
const own = {
  lastUid: integer('Who left last.'),
  uid: integer('Who it was; of a string account, the number that stands for it.'),
  platform: integer(`${listed(platforms)}.`),
  clientType: integer('What the client says it is; only where `platform` is 6.'),
  clientSeq: integer('Grows with every event of one uid in one channel.'),
  reason: integer(`Why: ${listed(leaveReasons)}.`),
  duration: integer('Seconds in the channel: this `ts` less that of the join.', { minimum: 0 }),
  account: string('The string account, if the member joined with one.'),
  userId: string('Housecount: the signaling user, if the member is linked to one.'),
};
const place = {
  channelName: string('Channel name.'),
  ts: integer('When it happened, Unix seconds; of a leave, when the member was there last.'),
};
const order = {
  seq: integer('Order in the sid, dense: 1, 2, 3 …', { minimum: 1 }),
  count: integer('Members in the channel after the event.', { minimum: 0 }),
};

/** Which of their own fields the notices of a type have: always, or where there is something to say. */
interface Has {
  readonly what: string;
  readonly always: readonly (keyof typeof own)[];
  readonly sometimes: readonly (keyof typeof own)[];
}
const joined: Omit<Has, 'what'> = {
  always: ['uid', 'platform', 'clientSeq'],
  sometimes: ['clientType', 'account', 'userId'],
};
const left: Omit<Has, 'what'> = { ...joined, always: [...joined.always, 'reason', 'duration'] };
/** In the communication profile a notice does not say the client's type. */
const talking = { sometimes: ['account', 'userId'] } as const;
const changed: Omit<Has, 'what'> = { always: ['uid', 'clientSeq'], sometimes: ['account', 'userId'] };

/** Each type of notice: a type without a line does not compile. */
export const agoraNoticeTypes: Readonly<Record<NoticeType, Has>> = {
  101: { what: 'The channel opened.', always: [], sometimes: [] },
  102: { what: 'The channel closed.', always: ['lastUid'], sometimes: [] },
  103: { what: 'A broadcaster joined.', ...joined },
  104: { what: 'A broadcaster left.', ...left },
  105: { what: 'One of the audience joined.', ...joined },
  106: { what: 'One of the audience left.', ...left },
  107: { what: 'Somebody joined a communication channel.', ...joined, ...talking },
  108: { what: 'Somebody left a communication channel.', ...left, ...talking },
  111: { what: 'One of the audience became a broadcaster.', ...changed },
  112: { what: 'A broadcaster became one of the audience.', ...changed },
};

const envelope = <const T>(eventType: Shape<T>) => ({
  sid: string('One life of the channel, from first join to last leave.'),
  noticeId: string('The same over every endpoint, copy and attempt.'),
  productId: constant(1),
  eventType,
  notifyMs: milliseconds('When this copy was made'),
});

/** The notice of any event. */
export const agoraNotice = named(
  'AgoraNotice',
  object(
    { ...envelope(noticeType), payload: object({ ...place, ...eachOptional(own), ...order }) },
    'The body of a webhook in the `agora` format, as an object.',
  ),
);

/** The notices of each type, which have no other fields than these. */
export const agoraNotices = noticeTypeNumbers.map((type) => {
  const payload = object({ ...place, ...ownOf(agoraNoticeTypes[type]), ...order });
  const { what } = agoraNoticeTypes[type];
  return {
    type,
    notice: named(`AgoraNotice${type}`, object({ ...envelope(constant(type)), payload }, what)),
  };
});

function ownOf({ always, sometimes }: Has): Properties {
  const fields: Record<string, Shape | Optional> = {};
  for (const name of always) fields[name] = own[name];
  for (const name of sometimes) fields[name] = { optional: own[name] };
  return fields;
}

/** The body of a request in the `agora` format. */
export const agoraWebhook = named(
  'AgoraWebhook',
  described(
    'One notice in the `agora` format.',
    anyOf(...agoraNotices.map(({ notice }) => notice), agoraEventsLost),
  ),
);
