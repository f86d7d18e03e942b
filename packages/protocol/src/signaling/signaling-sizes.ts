/** Sizes of what clients of the signaling protocol send, at most. */

/** Bytes of a message, as UTF-8 or as they are (spec: signaling 2.4). */
export const signalingMessageBytesMax = 32 * 1024;
/** Characters of a message's custom type (spec: signaling 2.4). */
export const signalingCustomTypeLengthMax = 32;
/** Messages on one page (spec: signaling 4.3). */
export const signalingMessagesMax = 100;
/** Bytes of a message in a topic (spec: signaling 2.2). */
export const signalingTopicMessageBytesMax = 1024;
/** Bytes of what a publisher says of itself in a topic (spec: signaling 2.6). */
export const signalingTopicMetaBytesMax = 256;
/** Publishers in a topic whose messages one user gets (spec: signaling 2.6). */
export const signalingTopicUsersMax = 64;
