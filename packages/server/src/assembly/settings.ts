import type { Config } from '../config/config.ts';

/** The configuration of a running server. */
export interface Settings {
  /** As the server was started: for what stays until a restart. */
  readonly first: Config;
  /** As it is now. Read it each time that it is needed: a reload puts another one there. */
  now: Config;
}
