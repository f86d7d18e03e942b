/** Stream channels of the signaling protocol: who publishes in which topic, and what (docs/signaling.md). */

/** Per-user results of `subscribe-topic` (spec: signaling 2.6). */
export const signalingTopicUserCodes = {
  notPublishing: 5,
  invalidUser: 6,
  alreadySubscribed: 20001,
  tooMany: 20003,
} as const;

/** Legal names of topics (spec: signaling 2.1). */
export function isSignalingTopic(value: unknown): value is string {
  return typeof value === 'string' && /^(?!_)[ !#$%&()+,\-:;<=>?@[\]^_{|}~0-9A-Za-z]{1,16}$/.test(value);
}
