import type { Clock } from '../../src/clock.ts';
import type { EdgeWords } from '../../src/kicks/edge-words.ts';
import { KnownAddresses } from '../../src/kicks/known-addresses.ts';
import { memberKicks } from '../../src/kicks/member-kicks.ts';
import type { JoinOutcome, JoinRequest } from '../../src/log/contract/commands.ts';
import type { Log } from '../../src/log/contract/log.ts';
import { LogFollower } from '../../src/log/feed/log-follower.ts';
import type { Logger } from '../../src/observe/contract.ts';

/** The edge of members who have no connection: they come through it from an address, and it heeds rules about that. */
export function memberEdge(needs: {
  readonly log: Log;
  readonly words: EdgeWords;
  readonly clock: Clock;
  readonly logger: Logger;
}) {
  const { log } = needs;
  const addresses = new KnownAddresses();
  const kicks = memberKicks({ ...needs, addresses });
  const follower = new LogFollower({
    ...needs,
    part: 'edge of members',
    absorb({ record }) {
      kicks.absorb(record);
      if (record.type === 'channel') addresses.absorb(record.key, record.change);
    },
  });
  return {
    join(request: JoinRequest): Promise<JoinOutcome> {
      const { key, connectionId, ip: address } = request;
      return addresses.arrives({ key, connectionId, address }, () => log.join(request));
    },
    async stop(): Promise<void> {
      await follower.stop();
      await kicks.stop();
    },
  };
}
