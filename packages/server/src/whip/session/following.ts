import type { Clock } from '../../clock.ts';
import type { Streams } from '../../live/roster/streams.ts';
import type { Feed } from '../../log/contract/feed.ts';
import { LogFollower } from '../../log/feed/log-follower.ts';
import type { LogRecord } from '../../log/record/record.ts';
import type { Logger } from '../../observe/contract.ts';
import type { PlayedHosts } from './played-hosts.ts';

export interface FollowingNeeds {
  readonly log: Feed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly streams: Pick<Streams, 'watch'>;
  readonly hosts: Pick<PlayedHosts, 'changed'>;
  readonly heed: (record: LogRecord) => void;
}

/** Follows the log: a member that left, for whatever reason, has no media any more. And what is sent, for those who play it. */
export class Following {
  readonly #needs: FollowingNeeds;
  #follower: LogFollower | undefined;
  #unwatch: (() => void) | undefined;

  constructor(needs: FollowingNeeds) {
    this.#needs = needs;
  }

  start(): void {
    const { log, clock, logger, streams, hosts, heed } = this.#needs;
    this.#unwatch = streams.watch((app, channel) => hosts.changed(app, channel));
    this.#follower = new LogFollower({
      log,
      clock,
      logger,
      part: 'whip',
      absorb: ({ record }) => heed(record),
    });
  }

  async stop(): Promise<void> {
    this.#unwatch?.();
    await this.#follower?.stop();
  }

  /** Why sessions of members that left are not closed; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }
}
