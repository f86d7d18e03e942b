import { createHash } from 'node:crypto';
import { HousecountError } from '@housecount/protocol';
import type { Kinds } from '../channel/membership/rights.ts';
import type { Clock, Random } from '../clock.ts';
import type { JoinBudgets } from '../live/join-budgets.ts';
import type { MediaAnswer, MediaEngine } from '../media/contract.ts';
import type { EdgeApp } from '../token/edge-app.ts';
import { tokenTime } from '../token/verify.ts';
import { type AdmissionOptions, type Admitted, admit, holderOf } from './admission.ts';
import { type Offer, readOffer } from './offer.ts';
import type { MediaSession, MediaSessions } from './session/media-session.ts';
import type { PlayedHosts } from './session/played-hosts.ts';
import type { SessionEnds } from './session/session-ends.ts';
import type { SessionRights } from './session/session-rights.ts';
import { type RoomLimits, requireRoom } from './session/session-room.ts';

export interface OpeningNeeds extends AdmissionOptions {
  readonly clock: Clock;
  readonly random: Pick<Random, 'id'>;
  readonly media: Pick<MediaEngine, 'play' | 'publish'>;
  /** Plain sessions count as the joins of other clients do. */
  readonly joins?: Pick<JoinBudgets, 'takeJoin'>;
  /** WHIP and WHEP sessions of one app, as it is now. */
  readonly sessionsPerAppMax: (app: string) => number;
  /** Default: those of limits.ts. */
  readonly limits?: RoomLimits;
  readonly sessions: Pick<MediaSessions, 'all' | 'get' | 'put'>;
  readonly hosts: Pick<PlayedHosts, 'toPlay'>;
  readonly rights: Pick<SessionRights, 'hold' | 'kindsToSend'>;
  readonly ends: Pick<SessionEnds, 'carry' | 'forget'>;
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

export interface Opened {
  readonly session: MediaSession;
  readonly answerSdp: string;
}

/** Opens sessions: decides who, what of the offer and which host, finds room, and asks the engine. */
export class Opening {
  readonly #needs: OpeningNeeds;

  constructor(needs: OpeningNeeds) {
    this.#needs = needs;
  }

  /**
   * @throws HousecountError whatever `admit` throws, banned, token_no_privilege, sdp_invalid, no_stream, host_not_found,
   * media_unavailable, too_many_connections, rate_limited
   */
  async open(request: OpenRequest): Promise<Opened> {
    const { clock, sessions, hosts, rights, ends } = this.#needs;
    const { kind, channel, query } = request;
    const { app, admitted } = await admit(this.#needs, { ...request, time: tokenTime(clock) });
    const read = readOffer(request.offerSdp, kind === 'whip' ? 'publish' : 'play');
    if (!read.ok) throw new HousecountError(read.code, read.detail);
    const kinds = kind === 'whip' ? rights.kindsToSend(app, request, admitted, read.offer) : read.offer;
    const host = kind === 'whep' ? hosts.toPlay(app.id, channel, query) : undefined;
    const session = this.#sessionOf(request, app, admitted, { ...read.offer, ...kinds }, host);
    requireRoom(sessions.all(), session, this.#needs.sessionsPerAppMax(app.id), this.#needs.limits);
    // Last: a player that asks again until there is something to play joins nothing meanwhile.
    if (admitted.joiner && this.#needs.joins?.takeJoin(admitted.joiner) === false)
      throw new HousecountError('rate_limited', 'Too many joins with this address or token.');
    // Known before the engine answers: `connected` may come first.
    sessions.put(session);
    const answerSdp = await this.#ask(session, query);
    if (!sessions.get(session.id))
      throw new HousecountError('media_unavailable', 'The session was ended before it began.');
    ends.carry(session);
    rights.hold(session);
    return { session, answerSdp };
  }

  /** Would a POST with this Bearer be looked at? */
  holderOf(request: Omit<OpenRequest, 'kind' | 'address' | 'offerSdp'>): number | 'token' | undefined {
    return holderOf(this.#needs, { ...request, time: tokenTime(this.#needs.clock) });
  }

  #sessionOf(
    { kind, channel, query, offerSdp, bearer, address }: OpenRequest,
    app: EdgeApp,
    admitted: Admitted,
    { iceUfrag, audio, video }: Pick<Offer, 'iceUfrag'> & Kinds,
    host: number | undefined,
  ): MediaSession {
    const { random } = this.#needs;
    const { plain, uid, account, tokenEndsMs, publishEndsMs, rights, link } = admitted;
    const id = random.id(32);
    return {
      id,
      kind,
      app: app.id,
      channel,
      connectionId: admitted.connectionId ?? `m-${random.id(24)}`,
      plain,
      ...(host !== undefined && { host }),
      ...(query.has('host') && { isHostAsked: true }),
      kinds: { audio, video },
      offerSdp,
      iceUfrag,
      etag: `"${random.id(12)}"`,
      uid,
      ...(account !== undefined && { account }),
      ...(tokenEndsMs !== undefined && { tokenEndsMs }),
      ...(publishEndsMs !== undefined && { publishEndsMs }),
      ...(rights && { rights }),
      ...(link && { link }),
      ...(plain && app.certificate !== undefined && { tokenDigest: digestOf(bearer ?? '') }),
      address,
      joined: !plain,
    };
  }

  /** The engine's answer; if it has none there is no session. */
  async #ask(session: MediaSession, query: URLSearchParams): Promise<string> {
    let answer: MediaAnswer;
    try {
      answer = await this.#offered(session, query);
    } catch (cause) {
      this.#needs.ends.forget(session.id);
      throw cause;
    }
    if (answer.ok) return answer.answerSdp;
    this.#needs.ends.forget(session.id);
    throw new HousecountError(answer.code, answer.detail);
  }

  #offered(session: MediaSession, query: URLSearchParams): Promise<MediaAnswer> {
    const { media } = this.#needs;
    const { id, app, channel, uid, host, kinds, offerSdp } = session;
    const room = `${app}/${channel}`;
    if (host === undefined)
      return media.publish({ room, publisher: String(uid), session: id, offerSdp, kinds });
    return media.play({
      room,
      publisher: String(host),
      session: id,
      offerSdp,
      audio: query.get('audio') !== '0',
      video: query.get('video') !== '0',
      ...(query.get('layer') === 'low' && { layer: 'low' }),
    });
  }
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
