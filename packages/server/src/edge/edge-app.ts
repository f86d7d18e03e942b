import type { TokenApp } from './token/verify.ts';

/** An app as connections need it. */
export interface EdgeApp extends TokenApp {
  /** Who may follow the roster over WebSocket. Counts are for everyone in the channel. */
  readonly rosterVisibleTo: 'everyone' | 'broadcasters';
  /** Publishing needs the publish privilege in the token. */
  readonly coHostAuthentication: boolean;
}
