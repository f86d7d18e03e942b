/** The embedded SFU: sessions, and the routes between publishers and players. One per process. */

import type { Clock } from '../../clock.ts';
import type { MediaAnswer, PlayRequest, PublishRequest, Selection } from '../contract.ts';
import { defaultMediaLimits, type MediaChildLimits } from '../engine-limits.ts';
import { mediaLimits } from '../limits.ts';
import { type DoorPorts, IceDoor } from './ice/ice-door.ts';
import type { Credentials } from './ice/ice-front.ts';
import { Liveness } from './liveness.ts';
import type { ChildOptions, ChildReport, ChildStats } from './messages.ts';
import { isRtcp } from './rtp/rtp.ts';
import type { Kind } from './sdp/codec.ts';
import { codecLabel } from './sdp/codec.ts';
import {
  answerPlayer,
  answerPublisher,
  missingCodec,
  negotiatePlayer,
  negotiatePublisher,
  type PlayedKind,
  type PublishedKind,
  publisherStallMs,
} from './sdp/negotiate.ts';
import { type AnsweredMedia, buildAnswer } from './sdp/sdp-answer.ts';
import { type Offer, type OfferedMedia, parseOffer } from './sdp/sdp-offer.ts';
import { SecondsTeller } from './seconds-teller.ts';
import type { Session } from './session.ts';
import type { CarriedSeconds } from './streams/carried-seconds.ts';
import { type Counters, newCounters } from './streams/counters.ts';
import { makePlayer, randomSsrc } from './streams/make-player.ts';
import { openPeer, type Peer } from './streams/peer.ts';
import type { Player } from './streams/player.ts';
import { Publisher } from './streams/publisher.ts';
import { Route } from './streams/route.ts';

export class Sfu {
  readonly #options: ChildOptions;
  readonly #limits: MediaChildLimits;
  readonly #clock: Clock;
  readonly #report: (report: ChildReport) => void;
  readonly #counters: Counters = newCounters();
  readonly #sessions = new Map<string, Session>();
  readonly #routes = new Map<string, Route>();
  readonly #door: IceDoor;
  readonly #seconds: SecondsTeller;
  #stopTicking: (() => void) | undefined;
  /** When the first packet since the last tick came; -1 if none did. */
  #burstMs = -1;

  constructor(options: ChildOptions, clock: Clock, report: (report: ChildReport) => void) {
    this.#options = options;
    this.#limits = options.limits ?? defaultMediaLimits;
    this.#clock = clock;
    this.#report = report;
    this.#door = new IceDoor({ ...options, clock });
    this.#seconds = new SecondsTeller(clock.steadyMs(), report);
  }

  /** Opens the front's ports, and resolves with them; rejects if there is none for UDP. */
  listen(): Promise<DoorPorts> {
    return this.#door.listen();
  }

  async publish(request: PublishRequest): Promise<MediaAnswer> {
    const parsed = parseOffer(request.offerSdp);
    if (!parsed.ok) return invalid(parsed.detail);
    const negotiated = negotiatePublisher(parsed.offer, request.kinds);
    if (!negotiated.ok) return invalid(negotiated.detail);
    const { kinds } = negotiated;
    const seconds = this.#seconds.begin();
    const publisher = new Publisher(kinds, randomSsrc(), this.#counters, seconds);
    const session = this.#add(request, { type: 'publisher', publisher }, seconds);
    if (session === undefined) return full;
    return this.#answer(session, parsed.offer);
  }

  async play(request: PlayRequest): Promise<MediaAnswer> {
    const parsed = parseOffer(request.offerSdp);
    if (!parsed.ok) return invalid(parsed.detail);
    const negotiated = negotiatePlayer(parsed.offer);
    if (!negotiated.ok) return invalid(negotiated.detail);
    const { kinds } = negotiated;
    const source = this.#routes.get(routeKey(request))?.source;
    const missing = source === undefined ? undefined : missingCodec(source.kinds, kinds);
    if (missing !== undefined)
      return invalid(`The publisher sends ${codecLabel(missing)}, which the offer does not have.`);
    const seconds = this.#seconds.begin();
    const player = makePlayer({
      kinds,
      selected: request,
      counters: this.#counters,
      seconds,
      limits: this.#limits,
    });
    const session = this.#add(request, { type: 'player', player, kinds }, seconds);
    if (session === undefined) return full;
    return this.#answer(session, parsed.offer);
  }

  /** An ICE restart: new credentials and candidates for the same transport, which goes on as it was until they are used. */
  async restart(id: string, offerSdp: string): Promise<MediaAnswer> {
    const session = this.#sessions.get(id);
    if (session?.link === undefined) return unavailable('There is no such session.');
    const parsed = parseOffer(offerSdp);
    if (!parsed.ok) return invalid(parsed.detail);
    const { offer } = parsed;
    const { link, role } = session;
    if (offer.fingerprint !== link.fingerprint)
      return invalid('An ICE restart must not change the fingerprint.');
    const has = (kind: Kind) => kindsOf(role).some((found) => found.kind === kind);
    const negotiated =
      role.type === 'publisher'
        ? negotiatePublisher(offer, { audio: has('audio'), video: has('video') })
        : negotiatePlayer(offer);
    if (!negotiated.ok) return invalid(negotiated.detail);
    if (sectionsOf(negotiated.kinds) !== sectionsOf(kindsOf(role)))
      return invalid('An ICE restart must not change the streams.');
    const { way } = session;
    if (way === undefined) return unavailable('The session has no other way.');
    let own: Credentials;
    try {
      own = await way.restart({ ufrag: offer.ufrag, password: offer.password });
    } catch (cause) {
      return unavailable(cause instanceof Error ? cause.message : String(cause));
    }
    if (this.#sessions.get(id) !== session) return unavailable('The session was closed.');
    const candidates = this.#door.moved(link.candidates);
    if (candidates.length === 0) return unavailable('The transport cannot be moved.');
    const transport = { ...link.transport, ...own, candidates };
    session.version += 1;
    return {
      ok: true,
      answerSdp: buildAnswer({ offer, transport, version: session.version, media: answerOf(role) }),
    };
  }

  select(id: string, selection: Selection): void {
    const role = this.#sessions.get(id)?.role;
    if (role?.type === 'player') role.player.select(selection, this.#clock.steadyMs());
  }

  move(id: string, publisher: string): void {
    const session = this.#sessions.get(id);
    if (session?.role.type !== 'player') return;
    const { player } = session.role;
    const nowMs = this.#clock.steadyMs();
    const { room } = session;
    this.#leaveRoute(session, nowMs);
    session.route = routeKey({ room, publisher });
    // One that is not connected yet goes there when it is.
    if (session.connected) this.#route(session.route).addPlayer(player, nowMs);
  }

  requestKeyframe(room: string, publisher: string): void {
    this.#routes.get(routeKey({ room, publisher }))?.source?.requestKeyframe(this.#clock.steadyMs());
  }

  close(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    sayBye(session);
    this.#remove(session);
  }

  /** Figures of now; the last seconds of sessions that ended are told before. */
  stats(): Omit<ChildStats, 'cpuSeconds' | 'residentBytes'> {
    this.#seconds.tick(this.#sessions.values(), this.#clock.steadyMs());
    let publishers = 0;
    const by = { direct: 0, udp: 0, tcp: 0 };
    for (const { role, connected, way } of this.#sessions.values()) {
      if (role.type === 'publisher') publishers += 1;
      if (connected) by[way?.carries ?? 'direct'] += 1;
    }
    return {
      publishers,
      players: this.#sessions.size - publishers,
      sessionsDirect: by.direct,
      sessionsFront: by.udp,
      sessionsTcp: by.tcp,
      ...this.#counters,
    };
  }

  /** Says goodbye to every session, and frees it. */
  async stop(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) {
      sayBye(session);
      this.#remove(session);
    }
    if (sessions.some(({ way }) => way?.isOpen)) await goodbyesCarried();
    this.#door.close();
  }

  #add(
    request: PublishRequest | PlayRequest,
    role: Session['role'],
    seconds: CarriedSeconds,
  ): Session | undefined {
    const { session: id, room } = request;
    if (this.#sessions.has(id) || this.#sessions.size >= this.#limits.mediaEngineSessionsMax)
      return undefined;
    const nowMs = this.#clock.steadyMs();
    const session: Session = {
      id,
      room,
      route: routeKey(request),
      role,
      link: undefined,
      way: undefined,
      connected: false,
      deadlineMs: nowMs + this.#limits.mediaConnectMs,
      liveness: livenessOf(role, nowMs),
      seconds,
      version: 0,
    };
    // Nothing ticks without a session: the row may have begun long ago.
    this.#seconds.tick(this.#sessions.values(), nowMs);
    this.#sessions.set(id, session);
    this.#stopTicking ??= this.#startTicking();
    return session;
  }

  async #answer(session: Session, offer: Offer): Promise<MediaAnswer> {
    // Set below, before any event can come: events come from later turns.
    let opened: Peer | undefined;
    const { id, prefix } = this.#door.newId();
    try {
      const { peer, transport, isConnected } = await openPeer({
        ...this.#options,
        ufragPrefix: prefix,
        port: this.#options.udpPort,
        offer,
        sends: session.role.type === 'player',
        events: {
          open: () => this.#opened(session, opened),
          packet: (packet) => this.#packet(session, packet),
          ended: (reason) => this.#ended(session, reason),
        },
      });
      opened = peer;
      if (this.#sessions.get(session.id) !== session) {
        peer.close();
        return unavailable('The session was closed.');
      }
      const { ufrag, password, fingerprint } = offer;
      const { candidates } = transport;
      const served = {
        own: { ufrag: transport.ufrag, password: transport.password },
        client: { ufrag, password },
        candidates,
        isConnected,
        // So that a host whose session is ended here is told so by ICE: it sends to us, and nothing else would.
        isPreferred: session.role.type === 'publisher',
      };
      session.way = await this.#door.serve(id, served);
      if (this.#sessions.get(session.id) !== session) {
        session.way.close();
        peer.close();
        return unavailable('The session was closed.');
      }
      session.version += 1;
      const announced = { ...transport, candidates: this.#door.candidates(served) };
      session.link = { peer, transport: announced, fingerprint, candidates };
      return {
        ok: true,
        answerSdp: buildAnswer({
          offer,
          transport: announced,
          version: session.version,
          media: answerOf(session.role),
        }),
      };
    } catch (cause) {
      opened?.close();
      this.#remove(session);
      return invalid(cause instanceof Error ? cause.message : String(cause));
    }
  }

  #opened(session: Session, peer: Peer | undefined): void {
    if (peer === undefined || this.#sessions.get(session.id) !== session) return;
    const nowMs = this.#clock.steadyMs();
    session.liveness.connected(nowMs);
    const route = this.#route(session.route);
    const { role } = session;
    if (role.type === 'publisher') {
      role.publisher.peer = peer;
      if (!session.connected) route.addPublisher(role.publisher, nowMs);
    } else {
      role.player.connect(peer, nowMs);
      if (!session.connected) route.addPlayer(role.player, nowMs);
    }
    if (session.connected) return;
    session.connected = true;
    const has = (kind: Kind) => kindsOf(role).some((found) => found.kind === kind);
    this.#report({
      type: 'connected',
      session: session.id,
      kinds: { audio: has('audio'), video: has('video') },
    });
  }

  #packet(session: Session, packet: Buffer): void {
    const nowMs = this.#clock.steadyMs();
    session.liveness.heard(nowMs);
    if (this.#burstMs < 0) this.#burstMs = nowMs;
    if (nowMs - this.#burstMs > mediaLimits.floodMs && !isRtcp(packet)) {
      this.#counters.packetsDropped += 1;
      if (session.role.type === 'publisher') session.role.publisher.interrupt();
    } else if (session.role.type === 'publisher') session.role.publisher.packet(packet, nowMs);
    else session.role.player.packet(packet, nowMs);
  }

  #ended(session: Session, reason: 'closed' | 'failed'): void {
    if (this.#sessions.get(session.id) === session) this.#gone(session, reason);
  }

  #gone(session: Session, reason: 'closed' | 'failed' | 'never-connected'): void {
    // A goodbye is a sign of life.
    const silentMs = reason === 'closed' ? 0 : this.#silentMs(session, this.#clock.steadyMs());
    this.#remove(session, reason !== 'closed');
    this.#report({ type: 'gone', session: session.id, reason, silentMs });
  }

  /** Time for which nothing has been known of it, milliseconds. If it never sent a packet: the time without an answer to ICE, at most. */
  #silentMs({ liveness, way }: Session, nowMs: number): number {
    const silentMs = nowMs - liveness.heardMs;
    if (liveness.everHeard) return silentMs;
    return Math.min(silentMs, way?.consentAgeMs ?? mediaLimits.iceConsentMs);
  }

  #remove(session: Session, isOver = true): void {
    const nowMs = this.#clock.steadyMs();
    if (this.#sessions.delete(session.id)) this.#seconds.ended(session, this.#sessions.values(), nowMs);
    this.#leaveRoute(session, nowMs);
    session.link?.peer.close();
    void this.#closeWay(session, isOver);
    if (this.#sessions.size > 0) return;
    this.#seconds.tick([], nowMs);
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  /**
   * The way carries what the library said last, in a later turn. `isOver`: the client may not know yet that its session has
   * ended, and is told when it checks.
   */
  async #closeWay({ way }: Session, isOver: boolean): Promise<void> {
    if (way?.isOpen) await goodbyesCarried();
    if (way !== undefined && isOver) this.#door.end(way);
    else way?.close();
  }

  #leaveRoute(session: Session, nowMs: number): void {
    const route = this.#routes.get(session.route);
    if (session.role.type === 'publisher') route?.removePublisher(session.role.publisher, nowMs);
    else route?.removePlayer(session.role.player, nowMs);
    if (route?.empty) this.#routes.delete(session.route);
  }

  #route(key: string): Route {
    const found = this.#routes.get(key);
    if (found !== undefined) return found;
    const route = new Route();
    this.#routes.set(key, route);
    return route;
  }

  #startTicking(): () => void {
    const timer = setInterval(() => this.#tick(), mediaLimits.tickMs);
    return () => clearInterval(timer);
  }

  #tick(): void {
    const nowMs = this.#clock.steadyMs();
    this.#burstMs = -1;
    this.#seconds.tick(this.#sessions.values(), nowMs);
    for (const session of [...this.#sessions.values()]) {
      if (session.role.type === 'publisher') session.role.publisher.tick(nowMs);
      if (!session.connected) {
        if (nowMs >= session.deadlineMs) this.#gone(session, 'never-connected');
        continue;
      }
      if (session.role.type === 'player') {
        const { player } = session.role;
        player.tick(nowMs - session.liveness.heardMs, nowMs);
        const layer = player.movedTo();
        if (layer !== undefined) this.#report({ type: 'layer', session: session.id, layer });
      }
      const change = session.liveness.check(nowMs, session.way?.consentAgeMs);
      if (change === 'stalled')
        this.#report({ type: 'stalled', session: session.id, silentMs: this.#silentMs(session, nowMs) });
      else if (change === 'resumed') this.#report({ type: 'resumed', session: session.id });
    }
  }
}

const invalid = (detail: string): MediaAnswer => ({ ok: false, code: 'sdp_invalid', detail });

const unavailable = (detail: string): MediaAnswer => ({ ok: false, code: 'media_unavailable', detail });

const full = unavailable('The media engine has as many sessions as it may have, or this one already.');

/** Rooms and publishers are free text: a separator that neither can fake. */
const routeKey = (of: { readonly room: string; readonly publisher: string }): string =>
  JSON.stringify([of.room, of.publisher]);

/** Publishers send all the time, and players whose silence is probed answer: others must first show how often they report. */
function livenessOf(role: Session['role'], nowMs: number): Liveness {
  if (role.type === 'publisher') return new Liveness(nowMs, publisherStallMs(role.publisher.kinds), true);
  const probed = role.kinds.some((kind) => kind.transportCcId > 0);
  return new Liveness(nowMs, mediaLimits.stallMs, probed);
}

const goodbyesCarried = () => new Promise<void>((resolve) => setTimeout(resolve, mediaLimits.byeCarryMs));

/**
 * On every stream: the native library's own goodbye (DTLS close_notify) seldom leaves before its socket is gone, and without
 * any the other end waits for half a minute.
 */
function sayBye({ role }: Session): void {
  if (role.type === 'publisher') role.publisher.sayBye();
  else role.player.sayBye();
}

const sourceOf =
  (player: Player) =>
  (kind: Kind): AnsweredMedia['source'] => {
    const stream = player.streams.find((found) => found.kind === kind);
    if (stream === undefined) return undefined;
    const { ssrc, repairSsrc, cname } = stream;
    return { ssrc, repairSsrc, cname, stream: 'housecount', track: kind };
  };

/** Answers each section of an offer. */
const answerOf = (role: Session['role']) => (media: OfferedMedia) =>
  role.type === 'publisher'
    ? answerPublisher(role.publisher.kinds, media)
    : answerPlayer(role.kinds, media, sourceOf(role.player));

const kindsOf = (role: Session['role']) => (role.type === 'publisher' ? role.publisher.kinds : role.kinds);

/** Equal for equal sections with equal codecs. */
const sectionsOf = (kinds: readonly (PublishedKind | PlayedKind)[]): string =>
  JSON.stringify(
    kinds.map((kind) => [
      kind.mid,
      ('codecs' in kind ? kind.codecs : [kind.codec]).map((codec) => codec.payloadType),
    ]),
  );
