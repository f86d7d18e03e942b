import type { HostStreamsFrame, RosterCountFrame } from './generated/live-frames.ts';

/** Frames of the WebSocket protocol at /v1/connect; their types are made of the schemas (packages/schema, frames). */
export type * from './generated/live-frames.ts';

/** Version of the WebSocket protocol at /v1/connect; sent in hello. docs/protocol.md is its prose. */
export const protocolVersion = 1;
/** The largest frame a client may send, in bytes. Chosen: a hello with an 8 KiB token fits several times. */
export const clientFrameBytesMax = 32 * 1024;

/** The streams that a broadcaster is sending right now: a state, not an event. */
export type StreamState = Omit<HostStreamsFrame, 'type' | 'uid'>;
/** The numbers of members in a channel. */
export type RosterCounts = Omit<RosterCountFrame, 'type' | 'sid' | 'seq'>;

/** Longest nonce and proof of a link, characters. Chosen: a proof with the longest user id, in UTF-8 and base64, fits. */
export const linkNonceLengthMax = 64;
export const linkProofLengthMax = 1_024;
/** Bytes of one stream message, and messages in one frame, at most: the size is the original's, the number one frame's room. */
export const streamMessageBytesMax = 1_024;
export const streamMessagesPerFrameMax = 16;
/** Longest grace of a bye, milliseconds. Chosen: a goodbye is still told while people look. */
export const byeGraceMsMax = 2_000;
/** Members in one roster-snapshot frame, at most. Chosen: about 150 kB of JSON. */
export const rosterPageMembersMax = 1000;
/** Members in one roster window, at most. Chosen: one frame, and more than fits on any screen. */
export const rosterWindowMembersMax = 1000;
