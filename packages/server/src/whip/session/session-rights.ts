import { HousecountError } from '@housecount/protocol';
import { allowedOf, type Kinds, refusalToSend, rightsEndMs } from '../../channel/membership/rights.ts';
import type { Clock } from '../../clock.ts';
import { maySendNow, refusalDetail, rightsOfMember } from '../../live/may-send.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { Bans } from '../../log/contract/rules.ts';
import type { Logger } from '../../observe/contract.ts';
import type { EdgeApp } from '../../token/edge-app.ts';
import type { Admitted } from '../admission.ts';
import type { MediaSession, MediaSessions } from './media-session.ts';
import type { SessionAlarms } from './session-alarms.ts';
import type { SessionEnds } from './session-ends.ts';

export interface SessionRightsNeeds {
  readonly apps: Pick<ReadonlyMap<string, EdgeApp>, 'get'>;
  readonly log: Bans & Pick<Channels, 'channel'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Pick<Logger, 'info'>;
  readonly sessions: Pick<MediaSessions, 'get'>;
  readonly alarms: SessionAlarms;
  readonly ends: Pick<SessionEnds, 'cut'>;
}

/** Longest time between two checks of a publisher whose privilege ends, milliseconds: the log's time may be set ahead meanwhile. */
const askAgainMsMax = 60_000;

/** The rights of publishers to send: checked at the offer, and again for as long as the session lasts. */
export class SessionRights {
  readonly #needs: SessionRightsNeeds;

  constructor(needs: SessionRightsNeeds) {
    this.#needs = needs;
  }

  /**
   * The kinds of an offer that are taken. A plain client gets all that it asks for or is refused; an SDK client offers both up
   * front, whatever it is to send, and gets those that its member may send.
   * @throws HousecountError banned, token_no_privilege
   */
  kindsToSend(
    app: EdgeApp,
    { channel, address }: Pick<MediaSession, 'channel' | 'address'>,
    { plain, uid, rights }: Admitted,
    offered: Kinds,
  ): Kinds {
    const { log, clock } = this.#needs;
    const held = plain ? rights : rightsOfMember(log, app, { channel, uid });
    const may = maySendNow(log, app, { channel, uid, ip: address }, held, clock.nowMs());
    const refusal = refusalToSend(offered, may);
    if (!refusal) return offered;
    const allowed = allowedOf(offered, may);
    if (plain || (!allowed.audio && !allowed.video))
      throw new HousecountError(refusal.code, refusalDetail(refusal.code, refusal.kind));
    return allowed;
  }

  /** Asks again whether a publisher may send what it can: if not it is cut, else asked anew when a privilege of its ends. */
  hold({ id }: MediaSession): void {
    const { apps, log, clock, logger, sessions, alarms, ends } = this.#needs;
    const session = sessions.get(id);
    const app = session && apps.get(session.app);
    if (!app || session.kind !== 'whip') return;
    alarms.cancel(id);
    const { channel, uid, address, kinds } = session;
    const rights = session.plain ? session.rights : rightsOfMember(log, app, session);
    const nowMs = clock.nowMs();
    const refusal = refusalToSend(kinds, maySendNow(log, app, { channel, uid, ip: address }, rights, nowMs));
    if (refusal) {
      logger.info('a publisher may not send this any more', { app: app.id, channel, uid, ...refusal });
      ends.cut(session);
      return;
    }
    const endsMs = rightsEndMs(rights, kinds);
    if (endsMs === undefined) return;
    alarms.set(id, Math.min(endsMs - nowMs, askAgainMsMax), () => this.hold(session));
  }
}
