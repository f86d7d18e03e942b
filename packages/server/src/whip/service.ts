import { createHash } from 'node:crypto';
import type { Code } from '@housecount/protocol';
import { HousecountError, platforms } from '@housecount/protocol';
import {
  allowedOf,
  type Kinds,
  type PublishRights,
  refusalToSend,
  rightsEndMs,
} from '../channel/membership/rights.ts';
import type { Clock, Random } from '../clock.ts';
import { limits } from '../limits.ts';
import type { JoinBudgets } from '../live/join-budgets.ts';
import { maySendNow, refusalDetail, rightsOfMember } from '../live/may-send.ts';
import type { Streams } from '../live/roster/streams.ts';
import { LogFollower } from '../log/log-follower.ts';
import type { LogRecord } from '../log/record.ts';
import type { MediaAnswer, MediaEngine, SessionReport } from '../media/contract.ts';
import type { Logger } from '../observe/contract.ts';
import { type EdgeApp, pinnedProfile } from '../token/edge-app.ts';
import { tokenTime } from '../token/verify.ts';
import { type AdmissionOptions, type Admitted, admit, holdsGoodBearer } from './admission.ts';
import { EndedSessions } from './ended-sessions.ts';
import { type Fragment, fragmentOf, restartedOffer } from './fragment.ts';
import { type MediaSession, MediaSessions } from './media-session.ts';
import { readOffer } from './offer.ts';
import { requireRoom } from './session-room.ts';

/** What broadcasters send, each over the connection that backs it, as everybody in the channel is told. */
export type StreamStates = Pick<Streams, 'of' | 'set' | 'carry'>;

export interface WhipOptions extends AdmissionOptions {
  readonly media: MediaEngine;
  readonly streams: StreamStates;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Silence allowed for a WHIP or WHEP member, milliseconds. */
  readonly leaseMs: number;
  /** Plain sessions count as the joins of other clients do. */
  readonly joins?: Pick<JoinBudgets, 'takeJoin'>;
  /** WHIP and WHEP sessions of one app. */
  readonly sessionsPerAppMax?: number;
}

export interface OpenRequest {
  readonly kind: 'whip' | 'whep';
  readonly app: string;
  readonly channel: string;
  readonly bearer: string | undefined;
  readonly query: URLSearchParams;
  readonly address: string;
  /** The client is on this machine. */
  readonly isHere?: boolean;
  readonly offerSdp: string;
}

/** How long a publisher with a privilege that ends goes unasked, at most, milliseconds: the log's time may be set ahead meanwhile. */
const askAgainMsMax = 60_000;

/**
 * WHIP and WHEP sessions and the members behind them. A plain session (OBS, a WHEP player) is a member from the moment
 * its media connects until DELETE, its DTLS close, or the end of its lease of silence; a session of an SDK client only
 * carries that client's media.
 */
export class WhipService {
  readonly #options: WhipOptions;
  readonly #sessions = new MediaSessions();
  readonly #ended = new EndedSessions();
  /** Of publishers with a privilege that ends: what cancels asking them again. */
  readonly #alarms = new Map<string, () => void>();
  #follower: LogFollower | undefined;

  constructor(options: WhipOptions) {
    this.#options = options;
  }

  /** Follows the log: a member that left, for whatever reason, has no media any more. */
  start(): void {
    const { log, clock, logger } = this.#options;
    this.#follower = new LogFollower({
      log,
      clock,
      logger,
      part: 'whip',
      absorb: ({ record }) => this.#heed(record),
    });
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions.all()) {
      this.#alarms.get(session.id)?.();
      this.#options.media.close(session.id);
    }
    await this.#follower?.stop();
  }

  /** Why sessions of members that left are not closed; undefined while they are. */
  get trouble(): string | undefined {
    return this.#follower?.trouble;
  }

  get open(): number {
    return this.#sessions.size;
  }

  get(id: string): MediaSession | undefined {
    return this.#sessions.get(id);
  }

  /** Would a POST with this Bearer be looked at? */
  holdsGoodBearer(request: Omit<OpenRequest, 'kind' | 'address' | 'offerSdp'>): boolean {
    return holdsGoodBearer(this.#options, { ...request, time: tokenTime(this.#options.clock) });
  }

  /**
   * Opens a session. Throws HousecountError: whatever `admit` throws, banned, token_no_privilege, sdp_invalid, no_stream,
   * host_not_found, media_unavailable, too_many_connections, rate_limited.
   */
  async create(
    request: OpenRequest,
  ): Promise<{ readonly session: MediaSession; readonly answerSdp: string }> {
    const { media, random, clock } = this.#options;
    const { kind, channel, address } = request;
    const { app, admitted } = await admit(this.#options, { ...request, time: tokenTime(clock) });
    const read = readOffer(request.offerSdp, kind === 'whip' ? 'publish' : 'play');
    if (!read.ok) throw new HousecountError(read.code, read.detail);
    const kinds = kind === 'whip' ? this.#kindsToSend(app, request, admitted, read.offer) : read.offer;
    const host = kind === 'whep' ? this.#hostToPlay(app.id, channel, request.query) : undefined;

    const id = random.id(32);
    const connectionId = admitted.connectionId ?? `m-${random.id(24)}`;
    const { uid, plain } = admitted;
    const { sessionsPerAppMax = limits.mediaSessionsPerAppMax } = this.#options;
    const asker = { app: app.id, channel, uid, connectionId, kind, plain };
    requireRoom(this.#sessions.all(), asker, sessionsPerAppMax);
    // Last: a player that asks again until there is something to play joins nothing meanwhile.
    if (admitted.joiner && this.#options.joins?.takeJoin(admitted.joiner) === false)
      throw new HousecountError('rate_limited', 'Too many joins with this address or token.');
    const session: MediaSession = {
      id,
      kind,
      app: app.id,
      channel,
      connectionId,
      plain: admitted.plain,
      ...(host !== undefined && { host }),
      ...(request.query.has('host') && { isHostAsked: true }),
      kinds: { audio: kinds.audio, video: kinds.video },
      offerSdp: request.offerSdp,
      iceUfrag: read.offer.iceUfrag,
      etag: `"${random.id(12)}"`,
      uid: admitted.uid,
      ...(admitted.account !== undefined && { account: admitted.account }),
      ...(admitted.tokenEndsMs !== undefined && { tokenEndsMs: admitted.tokenEndsMs }),
      ...(admitted.publishEndsMs !== undefined && { publishEndsMs: admitted.publishEndsMs }),
      ...(admitted.rights && { rights: admitted.rights }),
      ...(admitted.plain && app.certificate !== undefined && { tokenDigest: digestOf(request.bearer ?? '') }),
      address,
      joined: !admitted.plain,
    };
    // Known before the engine answers: `connected` may come first.
    this.#sessions.put(session);
    const room = `${app.id}/${channel}`;
    let answer: MediaAnswer;
    try {
      answer = await (host === undefined
        ? media.publish({
            room,
            publisher: String(session.uid),
            session: id,
            offerSdp: request.offerSdp,
            kinds: session.kinds,
          })
        : media.play({
            room,
            publisher: String(host),
            session: id,
            offerSdp: request.offerSdp,
            audio: request.query.get('audio') !== '0',
            video: request.query.get('video') !== '0',
          }));
    } catch (cause) {
      this.#forget(id);
      throw cause;
    }
    if (!answer.ok) {
      this.#forget(id);
      throw new HousecountError(answer.code, answer.detail);
    }
    if (!this.#sessions.get(id))
      throw new HousecountError('media_unavailable', 'The session was ended before it began.');
    this.#carry(session);
    this.#hold(session);
    return { session, answerSdp: answer.answerSdp };
  }

  /** Takes trickled candidates, or restarts ICE if the credentials are new. Resolves with a restart's answer. */
  async patch(
    session: MediaSession,
    fragment: Fragment,
  ): Promise<
    | { readonly restarted: false }
    | { readonly restarted: true; readonly etag: string; readonly fragment: string }
  > {
    const { media, random } = this.#options;
    if (fragment.iceUfrag === undefined || fragment.iceUfrag === session.iceUfrag) {
      for (const { mid, candidate } of fragment.candidates) media.addCandidate(session.id, mid, candidate);
      return { restarted: false };
    }
    if (fragment.icePwd === undefined)
      throw new HousecountError('body_invalid', 'An ICE restart needs a=ice-pwd.');
    const offerSdp = restartedOffer(session.offerSdp, fragment);
    const answer = await media.restart(session.id, offerSdp);
    if (!answer.ok) throw new HousecountError(answer.code, answer.detail);
    const etag = `"${random.id(12)}"`;
    // As it is now: it may have joined, or been moved or closed, while the engine answered.
    const present = this.#sessions.get(session.id);
    if (!present) throw new HousecountError('not_found');
    this.#sessions.put({ ...present, offerSdp, iceUfrag: fragment.iceUfrag, etag });
    return { restarted: true, etag, fragment: fragmentOf(answer.answerSdp) };
  }

  /** The client said goodbye to this session. False if there is none, nor was there one that ended otherwise. */
  async remove(id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    if (!session) return this.#ended.take(id);
    this.#forget(id);
    this.#options.media.close(id);
    this.#carry(session);
    if (session.plain && session.joined) await this.#leave(session, 'bye');
    return true;
  }

  /** Which kinds a player of this connection gets. Refused `not_found` if the session is not its own. */
  select(connectionId: string, id: string, kinds: { audio: boolean; video: boolean }): Code | undefined {
    const session = this.#sessions.get(id);
    if (session?.connectionId !== connectionId || session.kind !== 'whep') return 'not_found';
    this.#options.media.select(id, kinds);
    return undefined;
  }

  /** What the media engine saw. */
  report(report: SessionReport): void {
    if (report.type === 'restarted') {
      this.#mediaLost();
      return;
    }
    const session = this.#sessions.get(report.session);
    if (!session) return;
    switch (report.type) {
      case 'connected':
        this.#run(this.#connected(session, report.kinds), session);
        return;
      case 'stalled':
        if (session.plain) this.#silent(session, report.lastHeardMs);
        return;
      case 'resumed':
        if (session.plain && session.joined) {
          const command = { type: 'heard', connectionId: session.connectionId } as const;
          this.#run(this.#options.log.submit(session.app, session.channel, command), session);
        }
        return;
      case 'gone':
        this.#end(session);
        if (!session.plain) return;
        if (report.reason === 'closed') this.#run(this.#leave(session, 'media-closed'), session);
        else this.#silent(session, report.lastHeardMs);
        return;
    }
  }

  /** The app is not of this server any more: its sessions end. Members are the caller's to end in the log. */
  endApp(app: string): void {
    this.#close(this.#sessions.all().filter((session) => session.app === app));
  }

  async #connected(session: MediaSession, kinds: { audio: boolean; video: boolean }): Promise<void> {
    const { apps, log, leaseMs, streams, media, logger, clock } = this.#options;
    const { app, channel, id, uid, account } = session;
    // Connected again after an ICE restart, or media of an SDK client, which says itself what it sends.
    if (session.joined) return;
    const known = apps.get(app);
    if (!known) {
      // Taken out by a reload since the POST.
      this.#close([session]);
      return;
    }
    const profile = pinnedProfile(known, channel);
    const former = this.#formerOf(session);
    const outcome = await log.join({
      app,
      channel,
      identity: account === undefined ? { uid } : { account },
      connectionId: session.connectionId,
      connectionKind: session.kind,
      role: session.kind === 'whip' ? 'broadcaster' : 'audience',
      ...(profile !== undefined && { profile }),
      platform: platforms.other,
      ...(session.tokenEndsMs !== undefined && { tokenEndsMs: session.tokenEndsMs }),
      mayPublish: (session.publishEndsMs ?? 0) > clock.nowMs(),
      ...(session.rights && { publish: session.rights }),
      ...(former && { formerConnectionId: former.connectionId }),
      leaseMs,
      ip: session.address,
    });
    if (!outcome.ok) {
      logger.info('a media session connected but may not join', { app, channel, code: outcome.code });
      this.#end(session);
      media.close(id);
      return;
    }
    if (outcome.member.uid !== uid) {
      // Somebody else took the account's uid since the POST: the media room knows the session by the wrong one.
      await this.#leave(session, 'media-closed');
      this.#end(session);
      media.close(id);
      return;
    }
    // Deleted while the join was being recorded.
    const present = this.#sessions.get(id);
    if (!present) return this.#leave(session, 'bye');
    this.#sessions.put({ ...present, joined: true });
    if (session.kind !== 'whip') return;
    streams.set({ app, channel, uid, connectionId: session.connectionId }, kinds);
    this.#carry(session);
  }

  /** The session that the client had opened before with the same token, if it is still there. */
  #formerOf({ id, kind, app, channel, uid, tokenDigest }: MediaSession): MediaSession | undefined {
    return this.#sessions
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

  /**
   * The kinds of an offer that are taken. A plain client gets all that it asks for or is refused; an SDK client offers both up
   * front, whatever it is to send, and gets those that its member may send.
   */
  #kindsToSend(
    app: EdgeApp,
    { channel, address }: OpenRequest,
    { plain, uid, rights }: Admitted,
    offered: Kinds,
  ): Kinds {
    const { log, clock } = this.#options;
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
  #hold({ id }: MediaSession): void {
    const { apps, log, clock, logger } = this.#options;
    const session = this.#sessions.get(id);
    const app = session && apps.get(session.app);
    if (!app || session.kind !== 'whip') return;
    this.#alarms.get(id)?.();
    this.#alarms.delete(id);
    const { channel, uid, address, kinds } = session;
    const rights: PublishRights | undefined = session.plain
      ? session.rights
      : rightsOfMember(log, app, session);
    const nowMs = clock.nowMs();
    const refusal = refusalToSend(kinds, maySendNow(log, app, { channel, uid, ip: address }, rights, nowMs));
    if (refusal) {
      logger.info('a publisher may not send this any more', { app: app.id, channel, uid, ...refusal });
      this.#cut(session);
      return;
    }
    const endsMs = rightsEndMs(rights, kinds);
    if (endsMs === undefined) return;
    const delayMs = Math.min(endsMs - nowMs, askAgainMsMax);
    this.#alarms.set(
      id,
      clock.after(delayMs, () => this.#hold(session)),
    );
  }

  /** A host to play: the one asked for, else the first to come that sends video, else any that sends. */
  #hostToPlay(app: string, channel: string, query: URLSearchParams): number {
    const { log, streams } = this.#options;
    const asked = query.get('host');
    if (asked !== null) {
      const uid = Number(asked);
      const isHere = log.channel(app, channel)?.roster.get(uid) !== undefined;
      const { audio, video } = isHere ? streams.of(app, channel, uid) : nothing;
      if (!audio && !video) throw new HousecountError('host_not_found');
      return uid;
    }
    const found = this.#firstHost(app, channel);
    if (found === undefined) throw new HousecountError('no_stream');
    return found;
  }

  /** The first to come that sends video, else that sends anything; `isMeant` may leave some out. */
  #firstHost(app: string, channel: string, isMeant = (_uid: number): boolean => true): number | undefined {
    const { log, streams } = this.#options;
    let soundOnly: number | undefined;
    for (const { uid } of log.channel(app, channel)?.roster.broadcasters() ?? []) {
      if (!isMeant(uid)) continue;
      const stream = streams.of(app, channel, uid);
      if (stream.video) return uid;
      if (stream.audio) soundOnly ??= uid;
    }
    return soundOnly;
  }

  /**
   * Somebody in the channel sends other streams than before. Plain players whose host has no media session any more, and that
   * did not ask for that host, play another one that has, if there is one; until then they wait for theirs.
   */
  streamsChanged(app: string, channel: string): void {
    const { log, media } = this.#options;
    const isOnAir = (uid: number): boolean => {
      const member = log.channel(app, channel)?.roster.get(uid);
      return (
        member?.role === 'broadcaster' &&
        this.#sessions.ofConnection(member.connectionId).some(({ kind }) => kind === 'whip')
      );
    };
    const left = this.#sessions
      .ofChannel(app, channel)
      .filter(
        ({ plain, host, isHostAsked }) => plain && !isHostAsked && host !== undefined && !isOnAir(host),
      );
    const host = left.length === 0 ? undefined : this.#firstHost(app, channel, isOnAir);
    if (host === undefined) return;
    for (const player of left) {
      this.#sessions.put({ ...player, host });
      media.move(player.id, String(host));
    }
  }

  #silent(session: MediaSession, lastHeardMs: number): void {
    if (!session.joined) return;
    const { connectionId, app, channel } = session;
    const command = { type: 'silent', connectionId, lastHeardMs, evidence: 'media-silence' } as const;
    this.#run(this.#options.log.submit(app, channel, command), session);
  }

  async #leave(session: MediaSession, evidence: 'bye' | 'media-closed'): Promise<void> {
    const { app, channel, connectionId } = session;
    await this.#options.log.submit(app, channel, { type: 'leave', connectionId, evidence });
  }

  /** The engine was restarted: its sessions are gone. Members stay, and have their lease to come back. */
  #mediaLost(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const session of this.#sessions.all()) {
      this.#end(session);
      if (session.plain) this.#silent(session, nowMs);
    }
  }

  #heed(record: LogRecord): void {
    switch (record.type) {
      case 'member-left':
        this.#close(this.#sessions.ofConnection(record.connectionId));
        return;
      case 'role-changed':
        if (record.role === 'audience') for (const session of this.#whipOf(record)) this.#cut(session);
        return;
      case 'token-renewed':
        for (const session of this.#whipOf(record)) this.#hold(session);
        return;
      case 'link-live':
        this.#close(this.#outlived(record));
        return;
      case 'rule-set':
        for (const session of this.#sessions.all()) if (session.app === record.app) this.#hold(session);
        return;
      default:
        return;
    }
  }

  /** A WHIP or WHEP client came back by a new POST: its old sessions are of no use. */
  #outlived(mark: {
    app: string;
    channel: string;
    uid: number;
    connectionId: string;
  }): readonly MediaSession[] {
    const { app, channel, uid, connectionId } = mark;
    if (this.#options.log.channel(app, channel)?.roster.get(uid)?.connectionKind === 'rtc') return [];
    return this.#sessions
      .all()
      .filter(
        (session) =>
          session.plain &&
          session.joined &&
          session.uid === uid &&
          session.app === app &&
          session.channel === channel &&
          session.connectionId !== connectionId,
      );
  }

  #whipOf(subject: { app: string; channel: string; uid: number }): readonly MediaSession[] {
    const member = this.#options.log.channel(subject.app, subject.channel)?.roster.get(subject.uid);
    return member
      ? this.#sessions.ofConnection(member.connectionId).filter(({ kind }) => kind === 'whip')
      : [];
  }

  #close(sessions: readonly MediaSession[]): void {
    for (const session of sessions) {
      this.#end(session);
      this.#options.media.close(session.id);
    }
  }

  /** Ends a session whose member has not left: a plain one is silent from now on, and may come back by a new POST. */
  #cut(session: MediaSession): void {
    this.#close([session]);
    if (session.plain) this.#silent(session, this.#options.clock.nowMs());
  }

  /** The session is over, and its client has not said so. */
  #end(session: MediaSession): void {
    this.#forget(session.id);
    this.#ended.note(session.id);
    this.#carry(session);
  }

  /**
   * A WHIP session began or ended: says what its connection can send now, which is what the newest one of it carries, for that
   * is the one that is played. Another connection of the same member has streams of its own.
   */
  #carry({ kind, app, channel, uid, connectionId }: MediaSession): void {
    if (kind !== 'whip') return;
    const newest = this.#sessions.ofConnection(connectionId).findLast((own) => own.kind === 'whip');
    this.#options.streams.carry({ app, channel, uid, connectionId }, newest?.kinds);
    // Also where nobody was told: a host that sent nothing is gone.
    this.streamsChanged(app, channel);
  }

  #forget(id: string): void {
    this.#alarms.get(id)?.();
    this.#alarms.delete(id);
    this.#sessions.delete(id);
  }

  #run(work: Promise<unknown>, session: MediaSession): void {
    work.catch((cause: unknown) => {
      this.#options.logger.error('a media session could not be followed up', {
        app: session.app,
        channel: session.channel,
        cause: String(cause),
      });
    });
  }
}

const nothing: Kinds = { audio: false, video: false };

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
