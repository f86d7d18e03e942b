import type { HostInfo, StreamState } from '@housecount/protocol';
import type { PublishableTrack } from '../api/tracks.ts';
import { failure } from '../errors.ts';
import { LocalTrack } from '../tracks/local-track.ts';
import type { KeepOpen, KeepOpenOptions } from './keep-open.ts';
import type { MediaSession } from './media-session.ts';
import { checkPublishable } from './publishable-track.ts';
import { Senders, type SendersOptions } from './senders.ts';

export interface PublisherOptions extends Pick<SendersOptions, 'codec' | 'dual' | 'seal'> {
  /** Makes the session of the connection that sends. It is opened, and closed, by the publisher. */
  readonly makeMedia: (own: Pick<KeepOpenOptions, 'prepare' | 'onOpen'>) => KeepOpen;
  /** Tells the server what is sent. */
  readonly tell: (streams: StreamState) => Promise<void>;
  /** Tells others what the user did to a published kind, before `tell`. */
  readonly inform: (what: HostInfo) => void;
  /** A lost session was replaced. */
  readonly onReconnected: () => void;
  /** Called when the server could not be told of a change that the app did not ask for (a track was closed, muted or enabled). */
  readonly onFailure: (error: unknown) => void;
}

const silent: StreamState = { audio: false, video: false };

/** This page's one sending connection: audio and video are both negotiated up front, so that adding one later needs no offer. */
export class Publisher {
  #tracks: PublishableTrack[] = [];
  /** Published, but media cannot flow yet: nobody is told that they are sent. */
  readonly #waiting = new Set<PublishableTrack>();
  readonly #unwatch = new Map<PublishableTrack, () => void>();
  #media: KeepOpen | undefined;
  readonly #senders: Senders;
  /** The streams that the server was told last; undefined if it may have forgotten. */
  #told: StreamState | undefined = silent;
  /** How each kind that is published is held back, if it is. */
  readonly #held: Partial<Record<'audio' | 'video', 'muted' | 'disabled' | undefined>> = {};

  constructor(private readonly options: PublisherOptions) {
    const { codec, dual, seal } = options;
    this.#senders = new Senders({ codec, dual, seal, tracks: () => this.#tracks });
  }

  get tracks(): readonly PublishableTrack[] {
    return this.#tracks;
  }

  get session(): MediaSession | undefined {
    return this.#media?.session;
  }

  /** Sends these as well. Rejects as the API says; what was published before stays so. */
  async publish(tracks: readonly PublishableTrack[]): Promise<void> {
    const added = [...new Set(tracks)].filter((track) => !this.#tracks.includes(track));
    checkPublishable(added, this.#tracks);
    if (added.length === 0) return;
    this.#tracks = [...this.#tracks, ...added];
    for (const track of added) {
      this.#waiting.add(track);
      this.#watch(track);
    }
    try {
      if (!this.#media) await this.#open();
      else {
        await this.#media.ready();
        await this.#senders.apply();
      }
      for (const track of added) this.#waiting.delete(track);
      await this.#tell();
      this.offerDeclined();
      await this.#media?.ready();
      const declined = added.find((track) => this.#isDeclined(track));
      if (declined) throw failure('EXCHANGE_SDP_FAILED', `the server takes no ${declined.trackMediaType}`);
    } catch (error) {
      await this.unpublish(added).catch(this.options.onFailure);
      throw error;
    }
  }

  /** Sends these no longer; when none is left the session is deleted. */
  async unpublish(tracks: readonly PublishableTrack[]): Promise<void> {
    for (const track of tracks) this.#forget(track);
    const told = this.#tell();
    if (this.#tracks.length === 0) this.#closeMedia();
    else await this.#senders.apply();
    await told;
  }

  /** Looks at tracks that cannot report their own changes, and sends what they are now. */
  refresh(): void {
    this.#changed();
  }

  /** Sends the small picture, or no longer, or in another size. NOT_SUPPORTED if this connection cannot send two. */
  async encodeAnew(): Promise<void> {
    await this.#senders.apply();
    if (this.options.dual.isOn && this.#media?.session && !this.#senders.canSendTwo)
      throw failure('NOT_SUPPORTED', 'this browser, or the server, does not take one picture in two sizes');
  }

  /** Says again what is sent: the server may not know it after the membership was taken up or made anew. */
  async tellAgain(): Promise<void> {
    if (!this.#media) return;
    this.#told = undefined;
    await this.#tell();
  }

  /** The server's media engine or the membership is another: offers anew. */
  replace(): void {
    this.#media?.replace();
  }

  /** Offers anew if the server had declined a kind that is published: the token may allow it by now. */
  offerDeclined(): void {
    if (this.#tracks.some((track) => this.#isDeclined(track))) this.#media?.replace();
  }

  /** Offers anew if the server no longer has the session. */
  check(): void {
    this.#media?.check();
  }

  /** Ends it without telling anyone; the local tracks stay open. */
  close(keepalive = false): void {
    for (const track of [...this.#tracks]) this.#forget(track);
    this.#closeMedia(keepalive);
    this.#told = silent;
  }

  #isDeclined({ trackMediaType }: PublishableTrack): boolean {
    return this.#senders.isDeclined(trackMediaType);
  }

  async #open(): Promise<void> {
    const media = this.options.makeMedia({
      prepare: (connection) => this.#senders.prepare(connection),
      onOpen: (_session, first) => {
        this.#senders.apply().catch(this.options.onFailure);
        if (!first) this.options.onReconnected();
      },
    });
    this.#media = media;
    try {
      await media.open();
    } catch (error) {
      if (this.#media === media) this.#closeMedia();
      throw error;
    }
  }

  async #tell(): Promise<void> {
    const sends = (kind: 'audio' | 'video'): boolean =>
      this.#tracks.some(
        (each) =>
          each.trackMediaType === kind &&
          each.enabled !== false &&
          each.muted !== true &&
          !this.#waiting.has(each),
      );
    const streams = { audio: sends('audio'), video: sends('video') };
    const before = this.#told;
    this.#informOf(before, streams);
    if (streams.audio === before?.audio && streams.video === before.video) return;
    this.#told = streams;
    try {
      await this.options.tell(streams);
    } catch (error) {
      if (this.#told === streams) this.#told = before;
      throw error;
    }
  }

  /** Says why these streams are other ones, where a published track was muted or disabled, or is no longer. */
  #informOf(before: StreamState | undefined, streams: StreamState): void {
    for (const kind of ['audio', 'video'] as const) {
      const track = this.#tracks.find((each) => each.trackMediaType === kind && !this.#waiting.has(each));
      const isHeld = !streams[kind] && track !== undefined;
      const how = track?.enabled === false && kind === 'video' ? 'disabled' : 'muted';
      const was = this.#held[kind];
      this.#held[kind] = isHeld ? how : undefined;
      // What was forgotten is told again, and has not changed.
      if (!before || before[kind] === streams[kind] || !track) continue;
      if (isHeld) this.options.inform(how === 'disabled' ? 'disable-local-video' : `mute-${kind}`);
      else if (was) this.options.inform(was === 'disabled' ? 'enable-local-video' : `unmute-${kind}`);
    }
  }

  #changed(): void {
    const closed = this.#tracks.filter((track) => track instanceof LocalTrack && track.closed);
    if (closed.length > 0) return void this.unpublish(closed).catch(this.options.onFailure);
    Promise.all([this.#senders.apply(), this.#tell()]).catch(this.options.onFailure);
  }

  #watch(track: PublishableTrack): void {
    if (track instanceof LocalTrack)
      this.#unwatch.set(
        track,
        track.watch(() => this.#changed()),
      );
  }

  #forget(track: PublishableTrack): void {
    this.#tracks = this.#tracks.filter((each) => each !== track);
    this.#waiting.delete(track);
    this.#unwatch.get(track)?.();
    this.#unwatch.delete(track);
    if (track instanceof LocalTrack) track.bindTransceiver(undefined);
  }

  #closeMedia(keepalive = false): void {
    this.#media?.close(keepalive);
    this.#media = undefined;
    this.#senders.stop();
  }
}
