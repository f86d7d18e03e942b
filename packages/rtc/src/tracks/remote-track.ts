import type { IRemoteTrack, RemoteVideoTrackEvents } from '../api/tracks.ts';
import { Emitter } from '../emitter.ts';
import type { RemoteAudioStats, RemoteVideoStats } from '../stats/stats.ts';

/** A host's sound and pictures have this in common. The object outlives a lost media session: it then gets a new source. */
export abstract class RemoteTrack extends Emitter<RemoteVideoTrackEvents> implements IRemoteTrack {
  abstract readonly trackMediaType: 'audio' | 'video';
  abstract readonly isPlaying: boolean;
  #transceiver: RTCRtpTransceiver;
  #released = false;

  constructor(
    private readonly userId: number | string,
    transceiver: RTCRtpTransceiver,
  ) {
    super();
    this.#transceiver = transceiver;
  }

  getUserId(): number | string {
    return this.userId;
  }

  getTrackId(): string {
    return `track-${this.trackMediaType}-${this.userId}`;
  }

  /** What is played: processed, where it is. */
  getMediaStreamTrack(): MediaStreamTrack {
    return this.processed ?? this.received;
  }

  /** @internal Apps read this field of the original's. */
  get _mediaStreamTrack(): MediaStreamTrack {
    return this.getMediaStreamTrack();
  }

  getRTCRtpTransceiver(): RTCRtpTransceiver | undefined {
    return this.#transceiver;
  }

  abstract play(element?: string | HTMLElement): void;

  /** Stops playing; harmless on a track that is gone. */
  abstract stop(): void;

  /** @deprecated Use the client's getRemoteAudioStats and getRemoteVideoStats. */
  getStats(): RemoteAudioStats | RemoteVideoStats {
    return this.readStats();
  }

  /** @internal */
  abstract readStats: () => RemoteAudioStats | RemoteVideoStats;

  /** @internal The media session was replaced: the same host over another transceiver. */
  rebind(transceiver: RTCRtpTransceiver): void {
    this.#transceiver = transceiver;
    this.rebound();
    this.emit('track-updated', this.getMediaStreamTrack());
    this.emit('transceiver-updated', transceiver);
  }

  /** @internal The host no longer sends it, or it was unsubscribed. */
  release(): void {
    this.#released = true;
    this.stop();
    this.unpipe();
  }

  abstract unpipe(): void;

  /** What becomes of what is received before it is played; undefined where it is played as it is. */
  protected abstract readonly processed: MediaStreamTrack | undefined;

  protected get received(): MediaStreamTrack {
    return this.#transceiver.receiver.track;
  }

  protected get released(): boolean {
    return this.#released;
  }

  protected get receiver(): RTCRtpReceiver {
    return this.#transceiver.receiver;
  }

  /** Another track is received from now on. */
  protected abstract rebound(): void;
}
