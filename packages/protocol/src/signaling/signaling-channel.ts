/** The parts of a channel of the signaling protocol: its kind, and the states of its members. */

/** Kinds of channels; `MESSAGE` x and `STREAM` x are different channels. */
export type SignalingChannelType = 'MESSAGE' | 'STREAM';

/** Bytes that an encrypted message has more than the message: version, nonce, tag, kind. */
export const signalingSealBytes = 1 + 12 + 16 + 1;

/** A user's temporary state in a channel. */
export type SignalingStates = Readonly<Record<string, string>>;

/** Keys of temporary state in one frame, and of one user in one channel (spec: signaling 3.4). */
export const signalingStateKeysMax = 32;
/** Bytes of a state's key, and of its value. Chosen: the API's limits are not published. */
export const signalingStateKeyBytesMax = 64;
export const signalingStateValueBytesMax = 1024;
/** Bytes of one user's states in one channel, keys and values; more are refused −13009. Chosen: it goes to everybody there. */
export const signalingStatesBytesMax = 8 * 1024;
