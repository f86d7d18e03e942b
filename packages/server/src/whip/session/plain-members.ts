import { type Profile, platforms } from '@housecount/protocol';
import { liveKey } from '../../channel/channel.ts';
import type { Kinds } from '../../channel/membership/rights.ts';
import type { Clock } from '../../clock.ts';
import type { KnownAddresses } from '../../kicks/known-addresses.ts';
import type {
  Asked,
  CommandOutcome,
  Commands,
  JoinOutcome,
  JoinRequest,
} from '../../log/contract/commands.ts';
import type { Logger } from '../../observe/contract.ts';
import { accountOrUid } from '../../token/verify.ts';
import type { MediaSession, MediaSessions } from './media-session.ts';

export interface PlainMembersNeeds {
  readonly log: Commands;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Pick<Logger, 'error'>;
  readonly sessions: Pick<MediaSessions, 'ofChannel'>;
  readonly addresses: Pick<KnownAddresses, 'arrives'>;
  /** Silence allowed for a WHIP or WHEP member, milliseconds. */
  readonly leaseMs: number;
}

/** Reports plain sessions, each of which is a member by itself, to the log: that a member came, is silent, is heard again, left. */
export class PlainMembers {
  readonly #needs: PlainMembersNeeds;

  constructor(needs: PlainMembersNeeds) {
    this.#needs = needs;
  }

  /** Its media connected, a publisher's with these kinds: it becomes a member. */
  join(session: MediaSession, kinds: Kinds, profile: Profile | undefined): Promise<JoinOutcome> {
    const { log, clock, addresses, leaseMs } = this.#needs;
    const { app, channel, connectionId, address } = session;
    const former = this.#formerOf(session);
    const key = liveKey(app, channel);
    const request: JoinRequest = {
      key,
      identity: accountOrUid(session),
      connectionId,
      connectionKind: session.kind,
      ...(session.kind === 'whip'
        ? { role: 'broadcaster' as const, streams: kinds }
        : { role: 'audience' as const }),
      ...(profile !== undefined && { profile }),
      platform: platforms.other,
      ...(session.tokenEndsMs !== undefined && { tokenEndsMs: session.tokenEndsMs }),
      mayPublish: (session.publishEndsMs ?? 0) > clock.nowMs(),
      ...(session.rights && { publish: session.rights }),
      ...session.link,
      ...(former && { formerConnectionId: former.connectionId }),
      leaseMs,
      ip: address,
    };
    return addresses.arrives({ key, connectionId, address }, () => log.join(request));
  }

  /** Nothing of its media was heard for so long, milliseconds. */
  silent(session: MediaSession, silentMs: number): void {
    if (!session.plain || !session.joined) return;
    const { connectionId } = session;
    this.#submit(session, { type: 'silent', connectionId, silentMs, evidence: 'media-silence' });
  }

  heard(session: MediaSession): void {
    if (!session.plain || !session.joined) return;
    this.#submit(session, { type: 'heard', connectionId: session.connectionId });
  }

  /** Resolves when it is durable. */
  leave(
    { app, channel, connectionId }: MediaSession,
    evidence: 'bye' | 'media-closed',
  ): Promise<CommandOutcome> {
    return this.#needs.log.submit(liveKey(app, channel), { type: 'leave', connectionId, evidence });
  }

  /** Sees to what is under way for a session; if it fails the operator is told. */
  follow(work: Promise<unknown>, { app, channel }: MediaSession): void {
    work.catch((cause: unknown) => {
      this.#needs.logger.error('a media session could not be followed up', {
        app,
        channel,
        cause: String(cause),
      });
    });
  }

  #submit(session: MediaSession, fact: Asked): void {
    this.follow(this.#needs.log.submit(liveKey(session.app, session.channel), fact), session);
  }

  /** The session that the client had opened before with the same token, if it is still there. */
  #formerOf({ id, kind, app, channel, uid, tokenDigest }: MediaSession): MediaSession | undefined {
    return this.#needs.sessions
      .ofChannel(app, channel)
      .findLast(
        (other) =>
          other.id !== id &&
          other.kind === kind &&
          other.plain &&
          other.joined &&
          other.uid === uid &&
          tokenDigest !== undefined &&
          other.tokenDigest === tokenDigest,
      );
  }
}
