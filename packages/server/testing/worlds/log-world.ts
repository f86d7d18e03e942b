import { World } from '../../src/log/world.ts';

/** For tests: an empty world that remembers accounts for 90 days, with a key of its own for their uids. */
export const emptyWorld = (key = 'KEY OF A TEST'): World =>
  new World({ accountKeepMs: 90 * 86_400_000, newAccountKey: () => key });
