import { HousecountError } from '@housecount/protocol';
import type { JoinOptions } from '../api/client.ts';
import type { ClientEvents } from '../api/client-events.ts';
import type { ClientConfig, ClientRole, ClientRoleOptions, SDK_CODEC } from '../api/configurations.ts';
import type { IDataChannelConfig, ILocalDataChannel } from '../api/data-channels.ts';
import type { IAgoraRTCRemoteUser } from '../api/remote-user.ts';
import type { ILocalTrack, PublishableTrack } from '../api/tracks.ts';
import type { UID } from '../api/uid.ts';
import { DualStream } from '../dual/dual-stream.ts';
import { StreamChoices } from '../dual/stream-choices.ts';
import { Emitter } from '../emitter.ts';
import type { CipherKey } from '../encryption/frame-cipher.ts';
import { ConnectionDisconnectedReason, type ConnectionState } from '../enums.ts';
import { type AgoraRTCException, banned, failure, renewalRefused, toException } from '../errors.ts';
import { LinkEnded } from '../link/link-end.ts';
import { log } from '../log.ts';
import { sentCodec } from '../media/codecs.ts';
import type { MediaKind } from '../media/host-subscription.ts';
import type { Roster } from '../roster/roster.ts';
import { type RosterRange, type RosterWindow, readRange } from '../roster/roster-part.ts';
import {
  type AgoraRTCStats,
  emptyLocalAudioStats,
  emptyLocalVideoStats,
  type LocalAudioStats,
  type LocalVideoStats,
  type NetworkQuality,
  type RemoteAudioStats,
  type RemoteVideoStats,
} from '../stats/stats.ts';
import type { RemoteAudioTrack } from '../tracks/remote-audio-track.ts';
import type { RemoteVideoTrack } from '../tracks/remote-video-track.ts';
import { rejectUnsupported } from '../unsupported.ts';
import { AwaitedHosts } from './awaited-hosts.ts';
import { ChannelSession } from './channel-session.ts';
import { ClientNetwork } from './client-network.ts';
import { ClientStats } from './client-stats.ts';
import { disconnectedReason } from './end-reason.ts';
import { readJoinArguments } from './join-arguments.ts';
import { roundTripMs } from './probe.ts';
import { OperationQueue } from './queue.ts';
import { rosterEvents } from './roster-events.ts';
import { StreamMessages } from './stream-messages.ts';

type MediaType = MediaKind | 'datachannel';
type UserOrUid = UID | { readonly uid: UID };

/** A client of one channel at a time, with the methods and events of agora-rtc-sdk-ng, and the roster. */
export class Client extends Emitter<ClientEvents> {
  readonly mode: 'live' | 'rtc';
  readonly codec: SDK_CODEC;
  /** Housecount has no data channels. */
  readonly localDataChannels: ILocalDataChannel[] = [];
  #role: ClientRole;
  #state: ConnectionState = 'DISCONNECTED';
  /** While joined. */
  #session: ChannelSession | undefined;
  #stats: ClientStats | undefined;
  #messages: StreamMessages | undefined;
  /** Those of the last join. */
  #options: JoinOptions = {};
  #indicatesVolume = false;
  readonly #queue = new OperationQueue();
  readonly #awaited = new AwaitedHosts<RemoteAudioTrack | RemoteVideoTrack>();
  /** @internal */
  protected readonly network: ClientNetwork;
  /** @internal */
  protected readonly dual = new DualStream();
  /** @internal */
  protected readonly choices = new StreamChoices();
  /** The key for the next join, if media is to be encrypted from end to end; a leave forgets it. */
  protected cipherKey: CipherKey | undefined;

  constructor(config: ClientConfig & { readonly mode: 'live' | 'rtc' }) {
    super();
    this.mode = config.mode;
    this.codec = config.codec;
    this.network = new ClientNetwork(config);
    this.#role = config.mode === 'rtc' ? 'host' : (config.role ?? 'audience');
  }

  get role(): ClientRole {
    return this.#role;
  }
  get connectionState(): ConnectionState {
    return this.#state;
  }
  /** undefined while not joined. */
  get uid(): UID | undefined {
    return this.#session?.uid;
  }
  get channelName(): string | undefined {
    return this.#session?.channel;
  }
  /** The other hosts; never the audience. */
  get remoteUsers(): IAgoraRTCRemoteUser[] {
    return this.#session?.hosts.users ?? [];
  }
  /** @internal Apps read this field of the original's. */
  get _users(): IAgoraRTCRemoteUser[] {
    return this.remoteUsers;
  }
  /** The published ones. */
  get localTracks(): ILocalTrack[] {
    // What another SDK's copy made, and was published, is a local track to its app too.
    return [...(this.#session?.publisher.tracks ?? [])] as ILocalTrack[];
  }

  /** @internal The dual stream is another one: what is published follows. */
  protected async encodeAnew(): Promise<void> {
    await this.#session?.publisher.encodeAnew();
  }

  /** @internal Pictures of other sizes are wanted: of this host, or of all. */
  protected async chooseLayers(uid?: UID): Promise<void> {
    const hosts = this.#session?.hosts.all ?? [];
    const meant = uid === undefined ? hosts : hosts.filter(({ user }) => user.uid === uid);
    await Promise.all(meant.map(({ subscription }) => subscription.chooseLayer()));
  }

  protected override listened(event: string): void {
    this.#followFor(event);
  }

  /**
   * Joins a channel and resolves with the uid. Rejects INVALID_PARAMS, INVALID_OPERATION (joined already),
   * CAN_NOT_GET_GATEWAY_SERVER (app id or token refused), NETWORK_ERROR, or OPERATION_ABORTED (left meanwhile). Hosts that
   * are there already are told in a later turn, so that listeners attached after `await join()` miss nothing.
   */
  async join(
    appid: string,
    channel: string,
    token: string | null,
    uid?: UID | null,
    options: JoinOptions = {},
  ): Promise<UID> {
    const given = readJoinArguments(appid, channel, token, uid);
    const { server } = this.network;
    return this.#queue.add(async (signal) => {
      if (this.#state !== 'DISCONNECTED')
        throw failure('INVALID_OPERATION', `the client is ${this.#state} already`);
      this.#setState('CONNECTING');
      const session = this.#makeSession({ ...given, server });
      try {
        await session.open(signal);
        if (signal.aborted) throw failure('OPERATION_ABORTED', 'the client left while it joined');
      } catch (error) {
        session.leave();
        const exception = joinFailure(error);
        this.#setState(
          'DISCONNECTED',
          error instanceof LinkEnded ? disconnectedReason(error.end) : ConnectionDisconnectedReason.LEAVE,
        );
        throw exception;
      }
      this.#session = session;
      this.#messages = new StreamMessages(session.link);
      this.#stats = new ClientStats(
        session,
        (event, ...args) => this.emit(event, ...args),
        options.networkQualityProbe ? () => roundTripMs(server) : undefined,
      );
      if (this.#indicatesVolume) this.#stats.indicateVolume();
      this.#setState('CONNECTED');
      this.#options = options;
      setTimeout(() => this.#begin(session), 0);
      return session.uid;
    });
  }

  /** Leaves the channel; what is under way is aborted. The page's own tracks stay open. Harmless when not joined, or leaving already. */
  leave(): Promise<void> {
    this.#queue.abortAll();
    return this.#queue.addSpared(async () => {
      const session = this.#session;
      if (!session) return;
      this.#setState('DISCONNECTING');
      session.leave();
      this.#end(ConnectionDisconnectedReason.LEAVE);
    });
  }

  /** Sends tracks as well as those published already. Hosts only. */
  publish(tracks: PublishableTrack | readonly PublishableTrack[]): Promise<void>;
  publish(config: IDataChannelConfig): Promise<never>;
  publish(what: PublishableTrack | readonly PublishableTrack[] | IDataChannelConfig): Promise<void>;
  publish(tracks: PublishableTrack | readonly PublishableTrack[] | IDataChannelConfig): Promise<void> {
    if (isDataChannel(tracks)) return rejectUnsupported(dataChannels);
    const list: readonly PublishableTrack[] = isList(tracks) ? tracks : [tracks];
    return this.#inSession("Can't publish stream, haven't joined yet!", (session) => {
      if (this.#role !== 'host') throw failure('INVALID_OPERATION', 'audience can not publish stream');
      if (list.length === 0) throw failure('INVALID_PARAMS', 'there is no track to publish');
      return session.publisher.publish(list);
    });
  }

  /** Sends these tracks no longer, or none at all. */
  unpublish(tracks?: PublishableTrack | readonly PublishableTrack[] | ILocalDataChannel): Promise<void> {
    if (tracks !== undefined && isDataChannel(tracks)) return rejectUnsupported(dataChannels);
    return this.#inSession("Can't unpublish stream, haven't joined yet!", (session) => {
      const { publisher } = session;
      if (tracks === undefined) return publisher.unpublish([...publisher.tracks]);
      return publisher.unpublish(isList(tracks) ? tracks : [tracks]);
    });
  }

  /** Receives a host's audio or video; the track is also set on the user. Again for the same: the same track. */
  subscribe(user: UserOrUid, mediaType: 'audio'): Promise<RemoteAudioTrack>;
  subscribe(user: UserOrUid, mediaType: 'video'): Promise<RemoteVideoTrack>;
  subscribe(user: UserOrUid, mediaType: 'datachannel', channelId: number): Promise<never>;
  subscribe(
    user: UserOrUid,
    mediaType: MediaType,
    channelId?: number,
  ): Promise<RemoteAudioTrack | RemoteVideoTrack>;
  async subscribe(user: UserOrUid, mediaType: MediaType): Promise<RemoteAudioTrack | RemoteVideoTrack> {
    try {
      if (mediaType !== 'audio' && mediaType !== 'video')
        throw failure(
          'INVALID_PARAMS',
          'the media type must be audio or video: Housecount has no data channels',
        );
      const host = this.#requireSession('not joined').hosts.get(user);
      if (!(mediaType === 'audio' ? host.user.hasAudio : host.user.hasVideo))
        throw failure('REMOTE_USER_IS_NOT_PUBLISHED', `${host.user.uid} has not published ${mediaType}`);
      const track = await host.subscription.subscribe(mediaType);
      if (track.trackMediaType === 'audio') host.user.audioTrack = track;
      else host.user.videoTrack = track;
      return track;
    } catch (error) {
      throw toException(error);
    }
  }

  /** Like `subscribe`, and waits if need be until the host sends it; at most 50 are waited for. OPERATION_ABORTED if the client leaves before. */
  presubscribe(uid: UID, mediaType: 'audio'): Promise<RemoteAudioTrack>;
  presubscribe(uid: UID, mediaType: 'video'): Promise<RemoteVideoTrack>;
  presubscribe(uid: UID, mediaType: MediaKind): Promise<RemoteAudioTrack | RemoteVideoTrack>;
  async presubscribe(uid: UID, mediaType: MediaKind): Promise<RemoteAudioTrack | RemoteVideoTrack> {
    if (mediaType !== 'audio' && mediaType !== 'video')
      throw failure('INVALID_PARAMS', 'the media type must be audio or video');
    const { hosts } = this.#requireSession('not joined');
    const user = hosts.users.find((each) => each.uid === uid);
    const isSent = mediaType === 'audio' ? user?.hasAudio : user?.hasVideo;
    return isSent ? this.subscribe(uid, mediaType) : this.#awaited.add(uid, mediaType);
  }

  /** Receives a host's audio, video or both no longer. Harmless if it was not subscribed. */
  async unsubscribe(user: UserOrUid, mediaType?: MediaType): Promise<void> {
    if (mediaType === 'datachannel') return;
    const host = this.#requireSession('not joined').hosts.get(user);
    if (mediaType !== 'video') {
      host.subscription.drop('audio');
      host.user.audioTrack = undefined;
    }
    if (mediaType !== 'audio') {
      host.subscription.drop('video');
      host.user.videoTrack = undefined;
    }
  }

  /** Several subscribe() at once; each entry has its own track or error. */
  massSubscribe<E extends { readonly user: UserOrUid; readonly mediaType: MediaKind }>(
    list: readonly E[],
  ): Promise<(E & { track?: RemoteAudioTrack | RemoteVideoTrack; error?: AgoraRTCException })[]> {
    return Promise.all(
      list.map((entry) =>
        this.subscribe(entry.user, entry.mediaType).then(
          (track) => ({ ...entry, track }),
          (error: unknown) => ({ ...entry, error: toException(error) }),
        ),
      ),
    );
  }

  /** Several unsubscribe() at once; those who have left are passed over. */
  async massUnsubscribe(
    list: readonly { readonly user: UserOrUid; readonly mediaType?: MediaKind }[],
  ): Promise<void> {
    await Promise.allSettled(list.map(({ user, mediaType }) => this.unsubscribe(user, mediaType)));
  }

  /** Becomes host or audience, before or after the join. A host unpublishes first. */
  setClientRole(role: ClientRole, options?: ClientRoleOptions): Promise<void> {
    return this.#queue.add(async (signal) => {
      if (role !== 'host' && role !== 'audience')
        throw failure('INVALID_PARAMS', 'the role must be host or audience');
      if (options?.level !== undefined && ![1, 2, 3].includes(options.level))
        throw failure('INVALID_PARAMS', 'the latency level must be 1, 2 or 3');
      if (this.mode === 'rtc') throw failure('INVALID_OPERATION', 'rtc mode can not use setClientRole');
      const session = this.#session;
      if (session && role === 'audience' && session.publisher.tracks.length > 0)
        throw failure('INVALID_OPERATION', 'unpublish before the role becomes audience');
      const changes = role !== this.#role || session?.roleTakenOver !== undefined;
      if (session && changes) {
        signal.addEventListener('abort', () => session.leave());
        await session.setRole(role === 'host' ? 'broadcaster' : 'audience').catch((error: unknown) => {
          throw toException(error);
        });
      }
      this.#role = role;
    });
  }

  /** Stays in the channel with a new token. Rejects UPDATE_TICKET_FAILED if the server does not take it. */
  renewToken(token: string): Promise<void> {
    if (typeof token !== 'string' || token === '')
      return Promise.reject(failure('INVALID_PARAMS', 'the token must be a string'));
    return this.#inSession('renewToken needs a joined client', async ({ link, publisher }) => {
      try {
        await link.request({ type: 'renew-token', token });
        link.token = token;
        publisher.offerDeclined();
      } catch (error) {
        throw error instanceof HousecountError ? renewalRefused(error) : error;
      }
    });
  }

  /**
   * Housecount: some of those who are in the channel, with the counts, as a view that stays true until the client leaves; for
   * channels that are too large to show. There is one: asking for another range moves it. Rejects INVALID_PARAMS,
   * INVALID_OPERATION as `roster()`, and also if too many different windows of the channel are being looked at.
   */
  roster(range: RosterRange): Promise<RosterWindow>;
  /**
   * Housecount: who is in the channel, as a view that stays true until the client leaves. Rejects INVALID_OPERATION when not
   * joined, or if the app shows its roster to hosts only.
   */
  roster(): Promise<Roster>;
  async roster(range?: RosterRange): Promise<Roster | RosterWindow> {
    const { roster } = this.#requireSession('roster() needs a joined client');
    return range === undefined ? roster.view() : roster.window(readRange(range));
  }

  /**
   * Housecount: how many are in the audience, without asking for who they are; `channel-count` tells when that changes.
   * Rejects INVALID_OPERATION when not joined.
   */
  async audienceCount(): Promise<number> {
    return this.#requireSession('audienceCount() needs a joined client').roster.audienceCount();
  }

  /**
   * Sends a message, of 1,024 bytes at most, to all others who are in the channel now: `stream-message` tells them. Hosts only. Resolves
   * when the server has sent it on, in the order of the calls; errors as StreamMessages.send says.
   */
  async sendStreamMessage(payload: Uint8Array | string, retry = false): Promise<void> {
    const messages = this.#messages;
    if (!messages) throw failure('INVALID_OPERATION', 'sendStreamMessage needs a joined client');
    if (this.#role !== 'host') throw failure('INVALID_OPERATION', 'audience can not send stream messages');
    return messages.send(payload, retry);
  }

  enableAudioVolumeIndicator(): void {
    this.#indicatesVolume = true;
    this.#stats?.indicateVolume();
  }

  getRTCStats(): AgoraRTCStats {
    const none = {
      Duration: 0,
      RecvBitrate: 0,
      SendBitrate: 0,
      RecvBytes: 0,
      SendBytes: 0,
      UserCount: 0,
      RTT: 0,
    };
    return this.#stats?.rtcStats() ?? { ...none, OutgoingAvailableBandwidth: 0 };
  }
  getLocalAudioStats(): LocalAudioStats {
    return this.#stats?.localAudio() ?? emptyLocalAudioStats();
  }
  getLocalVideoStats(): LocalVideoStats {
    return this.#stats?.localVideo() ?? emptyLocalVideoStats();
  }
  getRemoteAudioStats(): Record<string, RemoteAudioStats> {
    return this.#stats?.remoteAudio() ?? {};
  }
  getRemoteVideoStats(): Record<string, RemoteVideoStats> {
    return this.#stats?.remoteVideo() ?? {};
  }
  getRemoteNetworkQuality(): Record<string, NetworkQuality> {
    return this.#stats?.remoteQuality() ?? {};
  }
  getNetworkQuality(): NetworkQuality {
    return this.#stats?.quality() ?? { uplinkNetworkQuality: 0, downlinkNetworkQuality: 0 };
  }

  /** Asks for what the event needs to be told. */
  #followFor(event: string): void {
    if (rosterEvents.has(event as keyof ClientEvents)) this.#session?.roster.follow();
    else if (event === 'channel-count') this.#session?.roster.followCounts();
  }

  #makeSession(given: ReturnType<typeof readJoinArguments> & { readonly server: string }): ChannelSession {
    const session: ChannelSession = new ChannelSession({
      ...given,
      role: this.#role === 'host' ? 'broadcaster' : 'audience',
      profile: this.mode === 'rtc' ? 'communication' : 'live',
      codec: sentCodec(this.codec),
      dual: this.dual,
      layers: this.choices,
      cipherKey: this.cipherKey,
      emit: (event, ...args) => {
        this.emit(event, ...args);
        this.#sends(event, args);
      },
      way: this.network,
      ...(this.network.linkRetry && { retry: this.network.linkRetry }),
      wantsList: () => this.getListeners('published-user-list').length > 0,
      onState: (state) => {
        if (this.#session === session) this.#setState(state);
      },
      onEnded: (end) => {
        if (this.#session !== session) return;
        if (end.code === 'token_expired') this.emit('token-privilege-did-expire');
        this.#end(disconnectedReason(end));
      },
    });
    return session;
  }

  /** Everything a page may hear of only after its join has resolved. */
  #begin(session: ChannelSession): void {
    if (this.#session !== session) return;
    if (session.roleTakenOver !== undefined)
      session.setRole(this.#role === 'host' ? 'broadcaster' : 'audience').catch(() => undefined);
    for (const event of [...rosterEvents, 'channel-count'] as const)
      if (this.getListeners(event).length > 0) this.#followFor(event);
    this.emit('is-using-cloud-proxy', false);
    session.hosts.start();
  }

  /** Sees what hosts begin to send, told one by one or as a list. */
  #sends(event: keyof ClientEvents, args: readonly unknown[]): void {
    const [told, kind] = args;
    if (event === 'user-published') this.#published(told as IAgoraRTCRemoteUser, kind as MediaType);
    if (event !== 'published-user-list') return;
    for (const user of told as readonly IAgoraRTCRemoteUser[]) {
      if (user.hasAudio) this.#published(user, 'audio');
      if (user.hasVideo) this.#published(user, 'video');
    }
  }

  /** A host sends something: subscribes to what is wanted before the page asks. */
  #published({ uid }: IAgoraRTCRemoteUser, kind: MediaType): void {
    if (kind === 'datachannel') return;
    const { autoSubscribe = false, autoReceiveAndPlayAudio = false } = this.#options;
    const isPlayed = autoReceiveAndPlayAudio && kind === 'audio';
    this.#awaited.published(uid, kind, () => this.subscribe(uid, kind));
    if (!autoSubscribe && !isPlayed) return;
    this.subscribe(uid, kind).then(
      (track) => {
        if (isPlayed && track.trackMediaType === 'audio') track.play();
      },
      (error: unknown) => log.debug('a host could not be subscribed to by itself', error),
    );
  }

  #end(reason: ConnectionDisconnectedReason): void {
    this.#stats?.stop();
    this.#stats = undefined;
    this.#awaited.end();
    this.#messages?.end();
    this.#messages = undefined;
    this.#session = undefined;
    this.cipherKey = undefined;
    this.#indicatesVolume = false;
    this.#setState('DISCONNECTED', reason);
  }

  #setState(state: ConnectionState, reason?: ConnectionDisconnectedReason): void {
    if (state === this.#state) return;
    const before = this.#state;
    this.#state = state;
    this.emit('connection-state-change', state, before, reason);
  }

  #requireSession(text: string): ChannelSession {
    if (!this.#session) throw failure('INVALID_OPERATION', text);
    return this.#session;
  }

  /** Runs in its turn, in a joined client; leave() aborts it. */
  #inSession<T>(text: string, operation: (session: ChannelSession) => Promise<T>): Promise<T> {
    return this.#queue.add(async (signal) => {
      const session = this.#requireSession(text);
      signal.addEventListener('abort', () => session.leave());
      try {
        return await operation(session);
      } catch (error) {
        throw toException(error);
      }
    });
  }
}

const dataChannels = 'data channels: sendStreamMessage sends messages';

function isDataChannel(
  what: PublishableTrack | readonly PublishableTrack[] | IDataChannelConfig,
): what is IDataChannelConfig {
  return (
    !isList(what) && typeof what === 'object' && what !== null && 'ordered' in what && 'metadata' in what
  );
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

function joinFailure(error: unknown): AgoraRTCException {
  if (!(error instanceof LinkEnded)) return toException(error);
  const { code, message, scope } = error.end;
  if (code === 'banned') return banned(scope, error);
  if (code === undefined) return failure('NETWORK_ERROR', `the server can not be reached: ${message}`, error);
  return toException(new HousecountError(code, message));
}
