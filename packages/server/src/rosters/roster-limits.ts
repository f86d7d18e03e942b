import { limits as defaults, type LimitsOf } from '../limits.ts';

/** The limits of a follower of a roster. */
export type RosterLimits = LimitsOf<'rosterWaitingBytesMax' | 'rosterWindowsMax' | 'rosterWindowsReserved'>;

export const defaultRosterLimits: RosterLimits = defaults;
