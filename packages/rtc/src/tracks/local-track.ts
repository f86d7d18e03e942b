import type { BufferSourceTrackEvents, ILocalTrack, LocalVideoTrackEvents } from '../api/tracks.ts';
import { Emitter } from '../emitter.ts';
import { failure } from '../errors.ts';
import type { LocalAudioStats, LocalVideoStats } from '../stats/stats.ts';

let nextTrackNumber = 1;

/** Local audio and video tracks have this in common: a source, and being muted, enabled or closed. */
export abstract class LocalTrack
  extends Emitter<LocalVideoTrackEvents & BufferSourceTrackEvents & { 'beauty-effect-overload': [] }>
  implements ILocalTrack
{
  abstract readonly trackMediaType: 'audio' | 'video';
  abstract readonly isPlaying: boolean;
  readonly #id: string;
  readonly #watchers = new Set<() => void>();
  #source: MediaStreamTrack;
  /** The track that was sent when listeners were told last. */
  #sent: MediaStreamTrack;
  #muted = false;
  #enabled = true;
  #closed = false;
  #transceiver: RTCRtpTransceiver | undefined;
  #switching: Promise<unknown> = Promise.resolve();

  /** `capture` opens the device again after setEnabled(false); a track given by the page has none, and is only silenced. */
  constructor(
    source: MediaStreamTrack,
    kind: string,
    private readonly capture?: () => Promise<MediaStreamTrack>,
  ) {
    super();
    this.#id = `track-${kind}-${nextTrackNumber++}-${source.id.slice(0, 8)}`;
    this.#source = source;
    this.#sent = source;
    source.addEventListener('ended', this.#onEnded);
  }

  get muted(): boolean {
    return this.#muted;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** @internal */
  get closed(): boolean {
    return this.#closed;
  }

  getTrackId(): string {
    return this.#id;
  }

  getTrackLabel(): string {
    return this.#source.label;
  }

  /** The track that is sent: processed, where it is. */
  getMediaStreamTrack(): MediaStreamTrack {
    return this.processed ?? this.#source;
  }

  /** @internal Apps read this field of the original's. */
  get _mediaStreamTrack(): MediaStreamTrack {
    return this.getMediaStreamTrack();
  }

  getRTCRtpTransceiver(): RTCRtpTransceiver | undefined {
    return this.#transceiver;
  }

  /** Silence or black in place of sound or picture, at once; the device stays open. Not together with setEnabled(false). */
  async setMuted(muted: boolean): Promise<void> {
    this.#requireBoolean(muted, 'muted');
    if (!this.#enabled)
      throw failure('TRACK_STATE_UNREACHABLE', 'the track is disabled; it can not be muted');
    if (this.#muted === muted) return;
    this.#muted = muted;
    this.#silence();
    this.changed();
  }

  /** Closes the device, or opens it again: slower than muting, and its light goes out. */
  setEnabled(enabled: boolean): Promise<void> {
    const switched = this.#switching.then(() => this.#setEnabled(enabled));
    this.#switching = switched.catch(() => undefined);
    return switched;
  }

  /** Stops for good. A published track is unpublished without a word. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#source.removeEventListener('ended', this.#onEnded);
    this.stop();
    this.released();
    this.#source.stop();
    this.changed();
    this.#watchers.clear();
  }

  abstract play(element?: string | HTMLElement): void;
  abstract stop(): void;

  /** @deprecated Use the client's getLocalAudioStats and getLocalVideoStats. */
  getStats(): LocalAudioStats | LocalVideoStats {
    return this.readStats();
  }

  /** @internal Set by the client that publishes the track. */
  readStats: () => LocalAudioStats | LocalVideoStats = () => this.emptyStats();

  protected abstract emptyStats(): LocalAudioStats | LocalVideoStats;

  /** @internal Calls `watcher` whenever what is sent may have changed, until the returned function is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** @internal The transceiver that sends the track, while it is published. */
  bindTransceiver(transceiver: RTCRtpTransceiver | undefined): void {
    if (this.#transceiver === transceiver) return;
    this.#transceiver = transceiver;
    if (transceiver) this.emit('transceiver-updated', transceiver);
  }

  protected changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  protected requireOpen(): void {
    if (this.#closed) throw failure('INVALID_OPERATION', 'the track is closed');
  }

  protected get input(): MediaStreamTrack {
    return this.#source;
  }

  /** Sends another source from now on. */
  protected swapSource(source: MediaStreamTrack, stopOld: boolean): void {
    const old = this.#source;
    old.removeEventListener('ended', this.#onEnded);
    if (stopOld) old.stop();
    this.#source = source;
    source.addEventListener('ended', this.#onEnded);
    this.#silence();
    this.sourceSwapped();
    this.refresh();
    this.changed();
  }

  /** What is sent may be another track than before: shows and sends that one, and tells of it. */
  protected refresh(): void {
    const sent = this.getMediaStreamTrack();
    if (this.#closed || sent === this.#sent) return;
    this.#sent = sent;
    this.#silence();
    this.show(sent);
    this.emit('track-updated', sent);
    this.changed();
  }

  /** What becomes of the source before it is sent; undefined where it is sent as it is. */
  protected abstract readonly processed: MediaStreamTrack | undefined;
  /** Another track is sent: players and meters of this page follow. */
  protected abstract show(sent: MediaStreamTrack): void;
  /** The track is being closed: lets go of what processes it. */
  protected abstract released(): void;

  /** Called after the source changed, before listeners are told. */
  protected abstract sourceSwapped(): void;
  /** Called when the track was disabled (false) or is about to be shown again (true). */
  protected abstract shown(enabled: boolean): void;

  async #setEnabled(enabled: boolean): Promise<void> {
    this.#requireBoolean(enabled, 'enabled');
    this.requireOpen();
    if (this.#muted) throw failure('TRACK_STATE_UNREACHABLE', 'the track is muted; it can not be disabled');
    if (this.#enabled === enabled) return;
    if (!enabled) {
      this.#enabled = false;
      this.shown(false);
      if (this.capture) this.#source.stop();
      else this.#silence();
    } else {
      if (this.capture) {
        const source = await this.capture();
        if (this.#closed) return source.stop();
        this.swapSource(source, true);
      }
      this.#enabled = true;
      this.#silence();
      this.shown(true);
    }
    this.changed();
  }

  /** What processes a source may make sound or pictures of nothing: what is sent is silenced as well. */
  #silence(): void {
    const { capture } = this;
    for (const track of new Set([this.#source, this.getMediaStreamTrack()]))
      track.enabled = !this.#muted && (this.#enabled || capture !== undefined);
  }

  #requireBoolean(value: unknown, name: string): void {
    if (typeof value !== 'boolean') throw failure('INVALID_PARAMS', `${name} must be true or false`);
  }

  readonly #onEnded = (): void => this.emit('track-ended');
}
