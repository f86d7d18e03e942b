import type { LockWaiters } from '../locks/lock-waiters.ts';
import { News } from './news.ts';
import { Session, type SessionOwner, type SessionStart } from './session.ts';
import { type FactNeeds, SessionFacts } from './session-facts.ts';
import type { StorageNeeds } from './subscription/follow-storage.ts';
import { FollowedUsers } from './subscription/followed-users.ts';
import type { StreamNeeds } from './subscription/stream-membership.ts';
import type { SubscriptionNeeds } from './subscription/subscription.ts';
import { Subscriptions } from './subscription/subscriptions.ts';
import { Telling, type TellingLimits } from './subscription/telling.ts';

export interface SessionNeeds extends FactNeeds, StorageNeeds, StreamNeeds, SubscriptionNeeds {
  readonly log: FactNeeds['log'] & StorageNeeds['log'];
  readonly clock: FactNeeds['clock'];
  readonly waiters: Pick<LockWaiters, 'freed'>;
  readonly limits: TellingLimits;
}

export type MakeSession = (owner: SessionOwner, start: SessionStart) => Session;

/** Makes sessions of what they share, each with parts of its own. */
export const sessionMaker =
  (needs: SessionNeeds): MakeSession =>
  (owner, start) => {
    const telling = new Telling(needs.limits);
    const news = new News({
      telling,
      subscriptions: new Subscriptions(start.userId, telling, needs, start.rates.limits),
      users: new FollowedUsers(start.app.id, telling, needs),
    });
    const { clock, waiters } = needs;
    return new Session({ owner, clock, waiters, news, facts: new SessionFacts(start.id, needs) }, start);
  };
