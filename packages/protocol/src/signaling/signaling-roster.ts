/**
 * Rosters of the signaling protocol: who is in a channel, by user, whatever links back them: each of them by name, part of
 * them, or how many (docs/signaling.md). Nobody need be in a channel to follow its roster.
 */

/** Members in one window of a roster, at most. Chosen: with the longest states they fit one frame. */
export const signalingWindowMembersMax = 100;
