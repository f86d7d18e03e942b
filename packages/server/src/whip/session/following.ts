import type { Clock } from '../../clock.ts';
import type { EdgeKicks } from '../../kicks/edge-kicks.ts';
import type { Feed } from '../../log/contract/feed.ts';
import { LogFollower } from '../../log/feed/log-follower.ts';
import type { LogRecord } from '../../log/record/record.ts';
import type { Logger } from '../../observe/contract.ts';

export interface FollowingNeeds {
  readonly log: Feed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly heed: (record: LogRecord) => void;
  readonly kicks: Pick<EdgeKicks, 'stop'>;
}

/** Follows the log: a member that left, for whatever reason, has no media any more, and those who play get what is sent. */
export class Following {
  readonly #needs: FollowingNeeds;
  #follower: LogFollower | undefined;

  constructor(needs: FollowingNeeds) {
    this.#needs = needs;
  }

  start(): void {
    const { log, clock, logger, heed } = this.#needs;
    this.#follower = new LogFollower({
      log,
      clock,
      logger,
      part: 'whip',
      absorb: ({ record }) => heed(record),
    });
  }

  async stop(): Promise<void> {
    await this.#follower?.stop();
    await this.#needs.kicks.stop();
  }

  /** Why sessions of members that left are not closed; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }
}
