import type {
  HostInfo,
  HostInfoFrame,
  HostJoinedFrame,
  HostLeftFrame,
  HostState,
  HostStreamsFrame,
  StreamState,
} from '@housecount/protocol';
import type { IAgoraRTCRemoteUser, UserLeftReason } from '../api/remote-user.ts';
import type { UID } from '../api/uid.ts';
import { failure } from '../errors.ts';
import type { HostSubscription, MediaKind } from './host-subscription.ts';

export interface RemoteHost {
  readonly number: number;
  readonly user: IAgoraRTCRemoteUser;
  readonly subscription: HostSubscription;
  /** What it has said about its next change of a kind, which says all about that one. */
  readonly said: Set<HostInfo>;
}

export interface RemoteHostsHandlers {
  joined(user: IAgoraRTCRemoteUser): void;
  left(user: IAgoraRTCRemoteUser, reason: UserLeftReason): void;
  /** What a host did, told before what it sends is another. */
  info(user: IAgoraRTCRemoteUser, what: HostInfo): void;
  published(user: IAgoraRTCRemoteUser, kind: MediaKind): void;
  unpublished(user: IAgoraRTCRemoteUser, kind: MediaKind): void;
  /** The first hosts, all at once; true if the page takes them as a list and wants no single events. */
  listed(users: IAgoraRTCRemoteUser[]): boolean;
  subscriptionFor(number: number, uid: UID): HostSubscription;
}

const reasons: Readonly<Record<HostLeftFrame['reason'], UserLeftReason>> = {
  quit: 'Quit',
  timeout: 'ServerTimeOut',
  'became-audience': 'BecomeAudience',
};
const kinds: readonly MediaKind[] = ['audio', 'video'];
type Meanings = readonly [HostInfo, ...HostInfo[]];
/** What a host may have done if it sends a kind now, or does not any more. */
const meanings: Readonly<Record<MediaKind, { readonly on: Meanings; readonly off: Meanings }>> = {
  audio: { on: ['unmute-audio'], off: ['mute-audio'] },
  video: { on: ['unmute-video', 'enable-local-video'], off: ['mute-video', 'disable-local-video'] },
};

/** The other hosts of the channel, and what each is sending. */
export class RemoteHosts {
  readonly #hosts = new Map<number, RemoteHost>();
  /** The hosts seen before `start`, which are only noted: a page may attach its listeners after its join has resolved. */
  #noted: Map<number, HostState> | undefined = new Map();

  constructor(
    private readonly own: () => number,
    private readonly handlers: RemoteHostsHandlers,
  ) {}

  get users(): IAgoraRTCRemoteUser[] {
    return this.all.map((host) => host.user);
  }

  get all(): RemoteHost[] {
    return [...this.#hosts.values()];
  }

  /** The host meant by a user object or a uid; INVALID_REMOTE_USER if it is none now. */
  get(user: UID | { readonly uid: UID }): RemoteHost {
    const uid = typeof user === 'object' && user !== null ? user.uid : user;
    const host = this.all.find((each) => each.user.uid === uid);
    if (!host) throw failure('INVALID_REMOTE_USER', `${uid} is not a host of this channel`);
    return host;
  }

  /** Tells the page of the hosts noted so far, and of every change from now on. */
  start(): void {
    const noted = [...(this.#noted?.values() ?? [])];
    this.#noted = undefined;
    const added = noted.map((state) => ({ state, host: this.#add(state) }));
    const sending = added.filter(({ state }) => state.audio || state.video).map(({ host }) => host.user);
    for (const { state, host } of added)
      Object.assign(host.user, { hasAudio: state.audio, hasVideo: state.video });
    const listed = sending.length > 0 && this.handlers.listed(sending);
    if (!listed) for (const { state, host } of added) this.#tell(state, host);
  }

  /** Brings the hosts in line with a welcome: what changed meanwhile is told as changes. */
  reconcile(states: readonly HostState[]): void {
    const others = states.filter((state) => state.uid !== this.own());
    if (this.#noted) {
      this.#noted = new Map(others.map((state) => [state.uid, state]));
      return;
    }
    const present = new Set(others.map((state) => state.uid));
    for (const number of [...this.#hosts.keys()]) if (!present.has(number)) this.#remove(number, 'Quit');
    for (const state of others) this.#joined(state);
  }

  take(frame: HostJoinedFrame | HostLeftFrame | HostStreamsFrame | HostInfoFrame): void {
    switch (frame.type) {
      case 'host-joined':
        this.#joined(frame.host);
        return;
      case 'host-left':
        this.#noted?.delete(frame.uid);
        this.#remove(frame.uid, reasons[frame.reason]);
        return;
      case 'host-info': {
        const host = this.#hosts.get(frame.uid);
        if (!host) return;
        host.said.add(frame.what);
        this.handlers.info(host.user, frame.what);
        return;
      }
      case 'host-streams': {
        const noted = this.#noted?.get(frame.uid);
        if (noted) this.#noted?.set(frame.uid, { ...noted, audio: frame.audio, video: frame.video });
        const host = this.#hosts.get(frame.uid);
        if (host) this.#setStreams(host, frame);
      }
    }
  }

  /** Ends every subscription and forgets the hosts; the page is not told one by one. */
  clear(keepalive = false): void {
    for (const { user, subscription } of this.#hosts.values()) {
      subscription.close(keepalive);
      user.audioTrack = undefined;
      user.videoTrack = undefined;
    }
    this.#hosts.clear();
  }

  #joined(state: HostState): void {
    if (state.uid === this.own()) return;
    if (this.#noted) {
      this.#noted.set(state.uid, state);
      return;
    }
    const known = this.#hosts.get(state.uid);
    if (known) this.#setStreams(known, state);
    else this.#tell(state, this.#add(state));
  }

  #add(state: HostState): RemoteHost {
    const uid = state.account ?? state.uid;
    const user: IAgoraRTCRemoteUser = { uid, hasAudio: false, hasVideo: false, dataChannels: [] };
    const subscription = this.handlers.subscriptionFor(state.uid, uid);
    const host = { number: state.uid, user, subscription, said: new Set<HostInfo>() };
    this.#hosts.set(state.uid, host);
    return host;
  }

  #tell(state: StreamState, host: RemoteHost): void {
    Object.assign(host.user, { hasAudio: false, hasVideo: false });
    this.handlers.joined(host.user);
    this.#setStreams(host, state);
  }

  #remove(number: number, reason: UserLeftReason): void {
    const host = this.#hosts.get(number);
    if (!host) return;
    this.#setStreams(host, { audio: false, video: false });
    this.#hosts.delete(number);
    host.subscription.close();
    this.handlers.left(host.user, reason);
  }

  #setStreams({ user, subscription, said }: RemoteHost, streams: StreamState): void {
    for (const kind of kinds) {
      const [has, track] =
        kind === 'audio' ? (['hasAudio', 'audioTrack'] as const) : (['hasVideo', 'videoTrack'] as const);
      if (user[has] === streams[kind]) continue;
      user[has] = streams[kind];
      // A host that does not say why is taken to have muted itself: a plain WHIP client, or an older SDK.
      const means = meanings[kind][streams[kind] ? 'on' : 'off'];
      if (!means.some((what) => said.delete(what))) this.handlers.info(user, means[0]);
      if (streams[kind]) this.handlers.published(user, kind);
      else {
        subscription.drop(kind);
        user[track] = undefined;
        this.handlers.unpublished(user, kind);
      }
    }
  }
}
