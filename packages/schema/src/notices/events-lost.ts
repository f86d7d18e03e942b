import { eventsLostType } from '@housecount/protocol';
import { constant, integer, isoTime, milliseconds, named, object, optional, string } from '../shape.ts';

/** Notices that tell an endpoint which events it will not be sent. In the one that counts the rest, there is no channel. */

const range = {
  fromSeq: optional(integer('First seq that was lost.', { minimum: 1 })),
  toSeq: optional(integer('Last seq that was lost.', { minimum: 1 })),
  events: optional(
    integer('Events of those that the endpoint would have been sent; absent when not known.', { minimum: 0 }),
  ),
};
const first = 'When the first of them happened';
const last = 'When the last of them happened';

export const agoraEventsLost = named(
  'AgoraEventsLost',
  object(
    {
      sid: string("The life that lost events; '' in the notice that counts the rest."),
      noticeId: string('The same over every copy and attempt.'),
      productId: constant(1),
      eventType: constant(eventsLostType),
      notifyMs: milliseconds('When this copy was sent'),
      payload: object({
        channelName: optional(string('Channel name; absent in the notice that counts the rest.')),
        ...range,
        fromTs: optional(integer(`${first}, Unix seconds; absent when not known.`)),
        toTs: optional(integer(`${last}, Unix seconds; absent when not known.`)),
        ts: integer('When they were given away, Unix seconds.'),
      }),
    },
    'Events were lost, in the `agora` format.',
  ),
);

export const standardEventsLost = named(
  'StandardEventsLost',
  object(
    {
      id: string('The same over every copy and attempt.'),
      type: constant('events.lost'),
      time: isoTime('When they were given away'),
      app: string('App id.'),
      channel: optional(string('Channel name; absent in the notice that counts the rest.')),
      sid: optional(string('The life that lost events; absent in the notice that counts the rest.')),
      data: object({
        ...range,
        fromTime: optional(isoTime(first)),
        toTime: optional(isoTime(last)),
      }),
    },
    'Events were lost, in the `standard` format.',
  ),
);
