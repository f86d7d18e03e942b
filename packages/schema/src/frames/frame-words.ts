import { anyOf, declared, oneOf, type Shape } from '../shape.ts';

/** What frames of both protocols, or of both directions, are made of. */

/** A shape with a name of its own, and what is said of it where it is used. */
export const saying = <T>(description: string, shape: Shape<T>): Shape<T> => ({
  description,
  ...anyOf(shape),
});

/** Of a channel of signaling. */
export const channelType = declared(
  'SignalingChannelType',
  '../signaling/signaling-channel.ts',
  oneOf('MESSAGE', 'STREAM'),
);
