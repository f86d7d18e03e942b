import { leaveReasons } from '@housecount/protocol';
import { role as roles } from '../rest/channels.ts';
import { anyOf, declared, keyOf, oneOf, type Shape } from '../shape.ts';

/** What frames of both protocols, or of both directions, are made of. */

/** A shape with a name of its own, and what is said of it where it is used. */
export const saying = <T>(description: string, shape: Shape<T>): Shape<T> => ({
  description,
  ...anyOf(shape),
});

export const role = declared('Role', '../events.ts', roles);
export const leaveReason = declared('LeaveReason', '../reasons.ts', keyOf(leaveReasons));
/** The type of a channel of signaling. */
export const channelType = declared(
  'SignalingChannelType',
  '../signaling/signaling-channel.ts',
  oneOf('MESSAGE', 'STREAM'),
);
