import { leaveReasons } from '@housecount/protocol';
import { role as roles } from '../rest/channels.ts';
import { anyOf, declared, integer, keyOf, oneOf, refusing, type Shape } from '../shape.ts';

/** What frames of both protocols, or of both directions, are made of. */

/** A shape with a name of its own, and what is said of it where it is used. */
export const saying = <T>(description: string, shape: Shape<T>): Shape<T> => ({
  description,
  ...anyOf(shape),
});

/** A whole number of a client that JavaScript has exactly. */
export const safe = (description: string) =>
  integer(description, { minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** The same as a field that is refused with these words. */
export const whole = (description: string) =>
  refusing(safe(description), { must: 'a whole number from 0 to 2^53 - 1' });

export const role = declared('Role', '../events.ts', roles);
export const leaveReason = declared('LeaveReason', '../reasons.ts', keyOf(leaveReasons));
/** The type of a channel of signaling. */
export const channelType = declared(
  'SignalingChannelType',
  '../signaling/signaling-channel.ts',
  oneOf('MESSAGE', 'STREAM'),
);
