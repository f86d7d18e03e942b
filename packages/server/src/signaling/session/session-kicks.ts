import { subscribedKinds } from '../../channel/channel.ts';
import { EdgeKicks, type EdgeKicksNeeds, kicksOf, type PutOut } from '../../kicks/edge-kicks.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Commands } from '../../log/contract/commands.ts';
import type { Identities } from '../../log/contract/identities.ts';
import { uidOf } from '../names/identity.ts';
import type { Arrival } from './login/arrival.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

export interface SessionKicksNeeds extends Omit<EdgeKicksNeeds, 'find'> {
  readonly log: Pick<Commands, 'submit'> & Pick<Channels, 'channel'> & Pick<Identities, 'uidOf'>;
  readonly sessions: Pick<Sessions, 'all' | 'arrivals'>;
}

/**
 * The kicks by address of the sessions: a rule that names a channel puts them out of those that they subscribe to, any other one ends them.
 * A session is known, with its address, before the log takes it, and so is who is in its channel.
 */
export function sessionKicks(needs: SessionKicksNeeds): EdgeKicks {
  const { log, sessions } = needs;
  return new EdgeKicks({
    ...needs,
    *find(made, isMeant) {
      const { app, ip, channel } = made.rule;
      const isFrom = (each: Session | Arrival) => each.app.id === app && each.address === ip;
      const there = sessions.all().filter(isFrom);
      if (channel === undefined) {
        // Rules about an app as a whole speak of no channel: no channel has this name.
        const isOut = ({ userId }: Session | Arrival) =>
          isMeant({ channel: '', uid: uidOf(log, app, userId) ?? 0, ip, userId });
        for (const session of there) if (isOut(session)) yield ended(session);
        for (const arrival of sessions.arrivals())
          if (isFrom(arrival) && isOut(arrival)) yield turnedAway(arrival);
        return;
      }
      const keys = subscribedKinds.map((kind) => ({ app, kind, name: channel }));
      const found = there.flatMap(({ id: connectionId, userId }) =>
        keys.flatMap((key) => {
          const uid = log.channel(key)?.roster.getByConnection(connectionId)?.uid;
          return uid !== undefined && isMeant({ channel, uid, ip, userId }) ? { key, connectionId } : [];
        }),
      );
      yield* kicksOf(log, made, found);
    },
  });
}

/** It is over before it begins. */
const turnedAway = (arrival: Arrival): PutOut => ({
  memberships: 1,
  async run() {
    await arrival.end('kicked');
    return [arrival.home];
  },
});

/** It is over, with all that it is in. */
function ended(session: Session): PutOut {
  const keys = [session.home, ...session.subscriptions.keys()];
  return {
    memberships: keys.length,
    async run() {
      if (session.isOver) return [];
      await session.end('kicked', 'kick');
      return keys;
    },
  };
}
