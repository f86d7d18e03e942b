import type { StreamState } from '@housecount/protocol';
import { failure } from '../errors.ts';
import { log } from '../log.ts';
import { LocalAudioTrack } from '../tracks/local-audio-track.ts';
import { LocalTrack } from '../tracks/local-track.ts';
import { LocalVideoTrack } from '../tracks/local-video-track.ts';
import { AudioMixer } from './audio-mixer.ts';
import { preferCodec } from './codecs.ts';
import { KeepOpen, type KeepOpenOptions } from './keep-open.ts';
import type { MediaSession } from './media-session.ts';

/** A track that can be published: one of ours, or any object that looks like one (made by another copy of an SDK). */
export interface PublishableTrack {
  readonly trackMediaType: 'audio' | 'video';
  readonly muted?: boolean;
  readonly enabled?: boolean;
  getMediaStreamTrack(): MediaStreamTrack;
}

export interface PublisherOptions
  extends Pick<KeepOpenOptions, 'endpoint' | 'bearer' | 'iceServers' | 'onState' | 'onReconnecting'> {
  readonly codec: 'vp8' | 'h264';
  /** Tells the server what is sent. */
  readonly tell: (streams: StreamState) => Promise<void>;
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
  #transceivers: { audio: RTCRtpTransceiver; video: RTCRtpTransceiver } | undefined;
  readonly #mixer = new AudioMixer();
  #mixed: readonly MediaStreamTrack[] = [];
  /** The streams that the server was told last; undefined if it may have forgotten. */
  #told: StreamState | undefined = silent;
  #work: Promise<void> = Promise.resolve();

  constructor(private readonly options: PublisherOptions) {}

  get tracks(): readonly PublishableTrack[] {
    return this.#tracks;
  }

  get session(): MediaSession | undefined {
    return this.#media?.session;
  }

  /** Sends these as well. Rejects as the API says; what was published before stays so. */
  async publish(tracks: readonly PublishableTrack[]): Promise<void> {
    const added = [...new Set(tracks)].filter((track) => !this.#tracks.includes(track));
    check(added, this.#tracks);
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
        await this.#apply();
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
    else await this.#apply();
    await told;
  }

  /** Looks at tracks that cannot report their own changes, and sends what they are now. */
  refresh(): void {
    this.#changed();
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
    return this.#transceivers?.[trackMediaType].currentDirection === 'inactive';
  }

  async #open(): Promise<void> {
    const media = new KeepOpen({
      ...this.options,
      prepare: (connection) => this.#prepare(connection),
      onOpen: (_session, first) => {
        this.#apply().catch(this.options.onFailure);
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

  #prepare(connection: RTCPeerConnection): Promise<void> {
    const streams = [new MediaStream()];
    const audio = connection.addTransceiver('audio', { direction: 'sendonly', streams });
    const video = connection.addTransceiver('video', { direction: 'sendonly', streams });
    preferCodec(video, this.options.codec);
    this.#transceivers = { audio, video };
    return this.#apply();
  }

  /** Brings the senders in line with the tracks; one change at a time. */
  #apply(): Promise<void> {
    const applied = this.#work.then(() => this.#applyNow());
    this.#work = applied.catch(() => undefined);
    return applied;
  }

  async #applyNow(): Promise<void> {
    const transceivers = this.#transceivers;
    if (!transceivers) return;
    const { audio, video } = transceivers;
    const sources = this.#tracks
      .filter((track) => track.trackMediaType === 'audio' && track.enabled !== false)
      .map((track) => track.getMediaStreamTrack());
    const same =
      sources.length === this.#mixed.length && sources.every((each, at) => each === this.#mixed[at]);
    if (!same || (sources.length > 0 && !audio.sender.track)) {
      this.#mixed = sources;
      await audio.sender.replaceTrack(this.#mixer.mix(sources));
    }
    const picture = this.#tracks.find((track) => track.trackMediaType === 'video');
    const source = picture && picture.enabled !== false ? picture.getMediaStreamTrack() : null;
    if (video.sender.track !== source) await video.sender.replaceTrack(source);
    for (const track of this.#tracks)
      if (track instanceof LocalTrack) track.bindTransceiver(transceivers[track.trackMediaType]);
    if (picture instanceof LocalVideoTrack)
      await limit(video.sender, picture.encoder, picture.degradationPreference);
    const sound = this.#tracks.find((track) => track instanceof LocalAudioTrack);
    if (sound) await limit(audio.sender, { bitrateMax: sound.encoder.bitrate });
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
    if (streams.audio === before?.audio && streams.video === before.video) return;
    this.#told = streams;
    try {
      await this.options.tell(streams);
    } catch (error) {
      if (this.#told === streams) this.#told = before;
      throw error;
    }
  }

  #changed(): void {
    const closed = this.#tracks.filter((track) => track instanceof LocalTrack && track.closed);
    if (closed.length > 0) return void this.unpublish(closed).catch(this.options.onFailure);
    Promise.all([this.#apply(), this.#tell()]).catch(this.options.onFailure);
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
    this.#transceivers = undefined;
    this.#mixer.stop();
    this.#mixed = [];
  }
}

function check(added: readonly PublishableTrack[], published: readonly PublishableTrack[]): void {
  for (const track of added) {
    if (!isPublishable(track)) throw failure('INVALID_LOCAL_TRACK', 'this is not a local track');
    if (track instanceof LocalTrack && track.closed)
      throw failure('INVALID_LOCAL_TRACK', 'the track is closed');
    if (track.enabled === false)
      throw failure('TRACK_IS_DISABLED', 'can not publish a disabled track: enable it first');
  }
  const pictures = [...published, ...added].filter((track) => track.trackMediaType === 'video');
  if (pictures.length > 1)
    throw failure('CAN_NOT_PUBLISH_MULTIPLE_VIDEO_TRACKS', 'one video track can be published at a time');
}

function isPublishable(track: unknown): track is PublishableTrack {
  if (typeof track !== 'object' || track === null) return false;
  const { trackMediaType, getMediaStreamTrack } = track as Partial<PublishableTrack>;
  return (
    (trackMediaType === 'audio' || trackMediaType === 'video') && typeof getMediaStreamTrack === 'function'
  );
}

async function limit(
  sender: RTCRtpSender,
  encoder: {
    readonly bitrateMax?: number | undefined;
    readonly frameRate?: number | ConstrainDoubleRange;
    readonly scaleResolutionDownBy?: number;
  },
  degradationPreference?: RTCDegradationPreference,
): Promise<void> {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings ?? [];
  if (!encoding) return;
  const { bitrateMax, frameRate, scaleResolutionDownBy } = encoder;
  const maxFramerate = typeof frameRate === 'number' ? frameRate : (frameRate?.max ?? frameRate?.ideal);
  const before = JSON.stringify(parameters);
  if (bitrateMax) encoding.maxBitrate = bitrateMax * 1000;
  if (maxFramerate) encoding.maxFramerate = maxFramerate;
  if (scaleResolutionDownBy && scaleResolutionDownBy >= 1)
    encoding.scaleResolutionDownBy = scaleResolutionDownBy;
  if (degradationPreference) parameters.degradationPreference = degradationPreference;
  if (JSON.stringify(parameters) === before) return;
  // Limits are wishes: an older browser that does not know one of them sends without.
  await sender
    .setParameters(parameters)
    .catch((error: unknown) => log.warn('the browser does not take the limits of a track', error));
}
