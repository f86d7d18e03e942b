/** Reasons of a leave, with the numbers of the 104, 106 and 108 notices (spec: notifications section 5.3). */
export const leaveReasons = {
  other: 0,
  /** Said goodbye. */
  quit: 1,
  /** Nothing was heard for the lease. */
  timeout: 2,
  /** Removed by a kicking rule. */
  kicked: 3,
  /** The same uid joined from a new device. */
  replaced: 5,
  /** The join privilege or the token ended. */
  token: 12,
} as const;

export type LeaveReason = keyof typeof leaveReasons;

/** The evidence of a leave: it made the server notice that a member is gone. */
export const evidences = [
  'bye',
  'socket-closed',
  'silence',
  'media-silence',
  'media-closed',
  'server-crash',
  'kick',
  'new-device',
  'token-end',
] as const;
export type Evidence = (typeof evidences)[number];

/** The scope of a kicking rule is the narrowest thing it names: a member, an address, or a whole channel. */
export const ruleScopes = ['uid', 'ip', 'channel'] as const;
export type RuleScope = (typeof ruleScopes)[number];

/** Platform numbers of the notices and of the REST user status (spec: notifications section 5.1). */
export const platforms = { other: 0, android: 1, ios: 2, windows: 5, linux: 6, web: 7, macos: 8 } as const;
export const platformNumbers: readonly number[] = Object.values(platforms);
