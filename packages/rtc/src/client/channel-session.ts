import { onPageEnd, type PageEnd, passedMs, watchPage } from '@housecount/link';
import type {
  HostMessagesFrame,
  MediaLayerFrame,
  Role,
  ServerFrame,
  StreamState,
  WelcomeFrame,
} from '@housecount/protocol';
import type { ClientEvents } from '../api/client-events.ts';
import type { UID } from '../api/uid.ts';
import type { TwoPictures } from '../dual/dual-stream.ts';
import { layerFor, type WantedLayers } from '../dual/stream-choices.ts';
import { Encryption } from '../encryption/encryption.ts';
import type { CipherKey } from '../encryption/frame-cipher.ts';
import { RemoteStreamType } from '../enums.ts';
import { aborted } from '../errors.ts';
import type { LinkEnd } from '../link/link-end.ts';
import { type LinkIdentity, LiveLink, type WelcomeKind } from '../link/live-link.ts';
import { pageStorage, saveResume, takeResume } from '../link/resume-store.ts';
import { log } from '../log.ts';
import { HostSubscription } from '../media/host-subscription.ts';
import { KeepOpen } from '../media/keep-open.ts';
import { Publisher } from '../media/publisher.ts';
import { RemoteHosts } from '../media/remote-hosts.ts';
import { RosterFollower } from '../roster/roster-follower.ts';
import { resumeOnReload } from '../settings.ts';
import { fromBase64 } from './base64.ts';
import type { MediaWay } from './client-network.ts';

type Emit = <K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]) => void;

export interface ChannelSessionOptions extends LinkIdentity {
  /** The way of media to the server, as the app set it. */
  readonly way: MediaWay;
  readonly codec: 'vp8' | 'h264';
  readonly dual: TwoPictures;
  /** The key that all in the channel have, if media is encrypted from end to end. */
  readonly cipherKey?: CipherKey | undefined;
  readonly emit: Emit;
  readonly layers: WantedLayers;
  /** True if the page listens for the first hosts as one list. */
  readonly wantsList: () => boolean;
  /** The connection was lost, or is back. */
  readonly onState: (state: 'RECONNECTING' | 'CONNECTED') => void;
  readonly onEnded: (end: LinkEnd) => void;
}

/** Time for a page that may be being reloaded to be back, milliseconds. Chosen: a closed tab is to be told within a second. */
const reloadGraceMs = 750;

/** One joined life of a client: its link, and the parts that depend on it. */
export class ChannelSession {
  readonly link: LiveLink;
  readonly hosts: RemoteHosts;
  readonly publisher: Publisher;
  readonly roster: RosterFollower;
  /** The time of the join by `passedMs`. */
  readonly joinedAtMs = passedMs();
  /** The role was taken over from the page before a reload, and is not the one asked for. */
  roleTakenOver: Role | undefined;
  readonly #encryption: Encryption | undefined;
  #opened = false;
  /** Those that came since the welcome, in place of its own. */
  #iceServers: readonly RTCIceServer[] | undefined;
  #ended = false;
  #stop: (() => void)[] = [];

  constructor(private readonly options: ChannelSessionOptions) {
    const { emit, cipherKey } = options;
    this.#encryption = cipherKey && new Encryption(cipherKey, () => emit('crypt-error'));
    this.link = new LiveLink(options, {
      onReconnecting: () => options.onState('RECONNECTING'),
      onWelcome: (welcome, kind) => this.#welcome(welcome, kind),
      onFrame: (frame) => this.#take(frame),
      onEnded: (end) => {
        this.#close();
        options.onEnded(end);
      },
    });
    this.hosts = new RemoteHosts(() => this.link.welcome?.uid ?? 0, {
      joined: (user) => emit('user-joined', user),
      left: (user, reason) => emit('user-left', user, reason),
      info: (user, what) => emit('user-info-updated', user.uid, what),
      published: (user, kind) => emit('user-published', user, kind),
      unpublished: (user, kind) => emit('user-unpublished', user, kind),
      listed: (users) => {
        if (!options.wantsList()) return false;
        emit('published-user-list', users);
        return true;
      },
      subscriptionFor: (number, uid) => this.#subscription(number, uid),
    });
    this.publisher = this.#makePublisher();
    this.roster = new RosterFollower(this.link, {
      audienceJoined: (member) => emit('audience-joined', member),
      audienceLeft: (member, reason) => emit('audience-left', member, reason),
      audienceCount: (count) => emit('audience-count', count),
      interrupted: (member) => emit('member-interrupted', member),
      back: (member) => emit('member-back', member),
      counts: (counts) => emit('channel-count', counts),
      window: (window) => emit('roster-window', window),
    });
  }

  get channel(): string {
    return this.options.channel;
  }

  /** The page's own name in the channel. */
  get uid(): UID {
    const { account, uid } = this.#welcomed;
    return account ?? uid;
  }

  /** Joins; a reloaded page takes its membership up again. Rejects as `Link.open`. */
  async open(signal: AbortSignal): Promise<void> {
    const storage = pageStorage();
    const kept = storage && takeResume(storage, this.options);
    await this.link.open(signal, kept);
    this.#stop.push(onPageEnd((end) => this.#pageEnds(end)));
    this.#stop.push(watchPage({ onBack: () => this.link.hurry() }));
    const { resumed, role } = this.#welcomed;
    if (resumed) this.#takeOver(role);
  }

  async setRole(role: Role): Promise<void> {
    this.roleTakenOver = undefined;
    await this.link.request({ type: 'set-role', role });
    this.link.role = role;
  }

  /** Says goodbye and closes everything but the page's own tracks. Idempotent. */
  leave(): void {
    if (this.#ended) return;
    this.#close();
    this.link.bye();
  }

  get #welcomed(): WelcomeFrame {
    const { welcome } = this.link;
    if (!welcome) throw aborted('not joined');
    return welcome;
  }

  #take(frame: ServerFrame): void {
    if (this.roster.take(frame)) return;
    switch (frame.type) {
      case 'host-joined':
      case 'host-left': {
        // Frames about changes that the welcome already contains can still arrive.
        const { sid, seq } = this.#welcomed;
        if (frame.sid !== sid || frame.seq > seq) this.hosts.take(frame);
        return;
      }
      case 'host-info':
      case 'host-streams':
        this.hosts.take(frame);
        return;
      case 'host-messages':
        this.#tellMessages(frame);
        return;
      case 'media-layer':
        this.#tellLayer(frame);
        return;
      case 'media-restarted':
        this.publisher.replace();
        for (const host of this.hosts.all) host.subscription.replace();
        return;
      case 'ice-servers':
        this.#iceServers = frame.iceServers;
        return;
      case 'token-will-expire':
        this.options.emit('token-privilege-will-expire');
        return;
      default:
        log.debug('a frame of an unknown type', frame);
    }
  }

  #tellLayer({ session, layer }: MediaLayerFrame): void {
    const host = this.hosts.all.find(({ subscription }) => subscription.session?.resource.id === session);
    if (!host) return;
    const { LOW_STREAM, HIGH_STREAM } = RemoteStreamType;
    this.options.emit('stream-type-changed', host.user.uid, layer === 'low' ? LOW_STREAM : HIGH_STREAM);
  }

  #tellMessages({ uid, account, messages }: HostMessagesFrame): void {
    for (const message of messages) {
      const payload = fromBase64(message);
      if (payload) this.options.emit('stream-message', account ?? uid, payload);
    }
  }

  #welcome(welcome: WelcomeFrame, kind: WelcomeKind): void {
    this.#iceServers = undefined;
    this.hosts.reconcile(welcome.hosts);
    if (kind === 'joined' || !this.#opened) {
      this.#opened = true;
      return;
    }
    this.roster.resume();
    if (kind === 'rejoined') {
      // Another membership: the media of the old one went with it.
      this.publisher.replace();
      for (const host of this.hosts.all) host.subscription.replace();
    } else {
      // Perhaps the server was away and has forgotten the media, though not the member.
      this.publisher.check();
      for (const host of this.hosts.all) host.subscription.check();
      this.publisher.tellAgain().catch(this.#warn);
    }
    this.options.onState('CONNECTED');
  }

  /** A reload took the membership up: what the page before it sent is gone, and its role may be another than asked for. */
  #takeOver(role: Role): void {
    if (role === 'broadcaster')
      this.link.request({ type: 'streams', audio: false, video: false }).catch(this.#warn);
    if (role !== this.link.role) this.roleTakenOver = role;
  }

  /**
   * The page goes away. A certain reload keeps the key and says nothing: the next page resumes. A closed tab and the
   * browser's own reload look alike: a goodbye with a grace, so that the one is told within a second and the other, if it
   * is back by then, never. A move to another page is a goodbye at once.
   */
  #pageEnds(end: PageEnd): void {
    const storage = pageStorage();
    if (storage && end !== 'away') {
      const { server, app, channel } = this.options;
      const { uid, account, connectionId, resume } = this.#welcomed;
      saveResume(storage, {
        server,
        app,
        channel,
        uid,
        ...(account !== undefined && { account }),
        connectionId,
        resume,
        ...(this.link.attempt !== undefined && { attempt: this.link.attempt }),
      });
      this.#close(true);
      if (end === 'reload' || resumeOnReload()) this.link.abandon();
      else this.link.bye(reloadGraceMs);
    } else this.leave();
    this.options.onEnded({ code: 'left', message: 'The page was left.', retry: false });
  }

  #close(keepalive = false): void {
    this.#ended = true;
    for (const stop of this.#stop.splice(0)) stop();
    this.publisher.close(keepalive);
    this.hosts.clear(keepalive);
    this.roster.end(aborted('the client left the channel'));
    this.#encryption?.stop();
  }

  readonly #warn = (error: unknown): void => {
    if (!this.#ended) log.warn('the server could not be told', error);
  };

  #mediaOptions(uid: () => UID) {
    const { emit, way } = this.options;
    return {
      bearer: () => this.link.welcome?.resume ?? '',
      iceServers: (): readonly RTCIceServer[] => [
        ...way.iceServers,
        ...(this.#iceServers ?? this.link.welcome?.iceServers ?? []),
      ],
      isRelayOnly: () => way.isRelayOnly,
      configuration: this.#encryption?.configuration,
      retry: way.retry,
      onState: (current: RTCPeerConnectionState, previous: RTCPeerConnectionState) =>
        emit('peerconnection-state-change', current, previous),
      onReconnecting: () => emit('media-reconnect-start', uid()),
    };
  }

  #endpoint(kind: 'whip' | 'whep', query = ''): string {
    const { server, app, channel } = this.options;
    return `${server}/v1/${kind}/${app}/${encodeURIComponent(channel)}${query}`;
  }

  #makePublisher(): Publisher {
    return new Publisher({
      codec: this.options.codec,
      dual: this.options.dual,
      seal: (transceivers) => this.#encryption?.seal(transceivers),
      makeMedia: (own) =>
        new KeepOpen({
          ...this.#mediaOptions(() => this.uid),
          ...own,
          endpoint: () => this.#endpoint('whip'),
        }),
      tell: (streams: StreamState) => this.link.request({ type: 'streams', ...streams }),
      // Nothing hangs on it, and an older server does not know it.
      inform: (what) => {
        this.link
          .request({ type: 'tell-info', what }, { isOnce: true })
          .catch((error: unknown) => log.debug('others were not told why', error));
      },
      onReconnected: () => {
        this.publisher.tellAgain().catch(this.#warn);
        this.options.emit('media-reconnect-end', this.uid);
      },
      onFailure: this.#warn,
    });
  }

  #subscription(number: number, uid: UID): HostSubscription {
    return new HostSubscription({
      ...this.#mediaOptions(() => uid),
      userId: uid,
      endpoint: ({ audio, video, layer }) => {
        const kinds = `?host=${number}&audio=${audio ? 1 : 0}&video=${video ? 1 : 0}`;
        return this.#endpoint('whep', layer === 'low' ? `${kinds}&layer=low` : kinds);
      },
      // An older server does not know of layers: nothing is said of them until something is wanted.
      select: (session, { layer, ...kinds }) =>
        this.link.request({ type: 'select', session, ...kinds, ...(layer === 'low' && { layer }) }),
      layer: () => layerFor(this.options.layers, uid),
      onReconnected: () => this.options.emit('media-reconnect-end', uid),
      open: (transceivers) => this.#encryption?.open(transceivers),
    });
  }
}
