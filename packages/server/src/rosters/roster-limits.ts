import { limits as defaults, type LimitsOf } from '../limits.ts';

/** What those who follow a roster may have. */
export type RosterLimits = LimitsOf<'rosterWaitingBytesMax' | 'rosterWindowsMax' | 'rosterWindowsReserved'>;

export const defaultRosterLimits: RosterLimits = defaults;
