import type { Channels } from '../log/contract/channels.ts';
import type { Commands } from '../log/contract/commands.ts';
import { EdgeKicks, type EdgeKicksNeeds, kicksOf, type MadeByAddress } from './edge-kicks.ts';
import type { Arrival, KnownAddresses } from './known-addresses.ts';

export interface MemberKicksNeeds extends Omit<EdgeKicksNeeds, 'find'> {
  readonly log: Pick<Commands, 'submit'> & Pick<Channels, 'channel'>;
  readonly addresses: Pick<KnownAddresses, 'of'>;
}

/** The kicks by address of an edge of live channels, each of whose connections is of one member. */
export function memberKicks(needs: MemberKicksNeeds): EdgeKicks {
  const { log, addresses } = needs;
  const isIn = ({ key, connectionId }: Arrival) => log.channel(key)?.roster.getByConnection(connectionId);
  return new EdgeKicks({
    ...needs,
    *find(made: MadeByAddress, isMeant) {
      const { app, ip } = made.rule;
      const found = [...addresses.of(app, ip)].filter((arrival) => {
        // Who is not in by now came after the rule, and was asked about it.
        const uid = isIn(arrival)?.uid;
        return uid !== undefined && isMeant({ channel: arrival.key.name, uid, ip });
      });
      yield* kicksOf(log, made, found);
    },
  });
}
