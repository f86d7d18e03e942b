import { LinkProofs } from '../token/link-proof.ts';
import { LockHolders } from './locks/lock-holders.ts';
import { LockHoldings } from './locks/lock-holdings.ts';
import { LockWaiters } from './locks/lock-waiters.ts';
import { TopicEvents } from './messages/topic-events.ts';
import { Audiences } from './names/audiences.ts';
import type { PresenceSettings } from './presence/presence-settings.ts';
import { Presences } from './presence/presences.ts';
import { Whereabouts } from './presence/whereabouts.ts';
import { Logins } from './session/login/logins.ts';
import { SessionEndings } from './session/login/session-endings.ts';
import { sessionMaker } from './session/make-session.ts';
import { OwnerRates } from './session/rates/owner-rates.ts';
import { RecentRates } from './session/rates/recent-rates.ts';
import { Sessions } from './session/sessions.ts';
import { defaultAppSignalingLimits, defaultSignalingLimits } from './signaling-limits.ts';
import type { SignalingOptions } from './signaling-options.ts';
import { StorageEvents } from './storage/storage-events.ts';

/** Settings for an app that was removed while its last members leave: nobody watches them. */
const goneSettings: PresenceSettings = { announceMax: 50, intervalMs: 30_000, debounceMs: 0 };

export type SignalingParts = ReturnType<typeof signalingParts>;

/** Builds the parts of signaling, each with what it needs of those before it. */
export function signalingParts(given: SignalingOptions) {
  const { apps, log, logger, clock } = given;
  const { limits = defaultSignalingLimits, limitsOf = () => defaultAppSignalingLimits } = given;
  const options = { ...given, limits };
  const presences = new Presences({
    ...options,
    settingsOf: (app) => apps.get(app)?.signaling ?? goneSettings,
    isBound: (app) => apps.get(app)?.bindSignaling ?? false,
  });
  const audiences = new Audiences();
  const whereabouts = new Whereabouts(log, apps.keys());
  const topicEvents = new TopicEvents({ ...options, audiences });
  const waiters = new LockWaiters();
  const storageEvents = new StorageEvents({ ...options, waiters });
  const holdings = new LockHoldings(log);
  const holders = new LockHolders({ log, logger, holdings, presences });
  const endings = new SessionEndings(log);
  const sessions = new Sessions({
    ...options,
    whereabouts,
    holders,
    endings,
    recentRates: new RecentRates(clock, limits.recentRatesMax, limitsOf),
    makeSession: sessionMaker({ ...options, presences, audiences, topicEvents, waiters }),
  });
  const logins = new Logins({ ...options, whereabouts, sessions, endings });
  return {
    presences,
    audiences,
    whereabouts,
    topicEvents,
    waiters,
    storageEvents,
    holdings,
    sessions,
    logins,
    linkProofs: new LinkProofs(given.secret),
    ownerRates: new OwnerRates(limits.ownerPublishersMax, limitsOf),
    limits,
  };
}
