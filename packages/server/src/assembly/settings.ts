import type { Config } from '../config/config.ts';

/** The configuration of a running server. */
export interface Settings {
  /** The configuration as the server was started, for settings that stay until a restart. */
  readonly first: Config;
  /** The configuration as it is now. Read it each time that it is needed: a reload replaces it. */
  now: Config;
}
