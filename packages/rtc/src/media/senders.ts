import type { PublishableTrack } from '../api/tracks.ts';
import type { TwoPictures } from '../dual/dual-stream.ts';
import { addVideoSender, encodePicture, type PictureToSend, sendsTwo } from '../dual/video-encodings.ts';
import { log } from '../log.ts';
import { LocalAudioTrack } from '../tracks/local-audio-track.ts';
import { LocalTrack } from '../tracks/local-track.ts';
import { LocalVideoTrack } from '../tracks/local-video-track.ts';
import { AudioMixer } from './audio-mixer.ts';
import { preferCodec } from './codecs.ts';

export interface SendersOptions {
  readonly codec: 'vp8' | 'h264';
  readonly dual: TwoPictures;
  /** Encrypts what they send, if anything does. */
  readonly seal?: ((transceivers: Transceivers) => void) | undefined;
  /** The tracks that are published by now. */
  readonly tracks: () => readonly PublishableTrack[];
}

export interface Transceivers {
  readonly audio: RTCRtpTransceiver;
  readonly video: RTCRtpTransceiver;
}

/** The two senders of a connection, one for sound and one for the picture, kept in line with the tracks that are published. */
export class Senders {
  readonly #options: SendersOptions;
  readonly #mixer = new AudioMixer();
  #transceivers: Transceivers | undefined;
  #mixed: readonly MediaStreamTrack[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(options: SendersOptions) {
    this.#options = options;
  }

  /** Adds them to a connection that is about to offer, with what is published. */
  prepare(connection: RTCPeerConnection): Promise<void> {
    const streams = [new MediaStream()];
    const audio = connection.addTransceiver('audio', { direction: 'sendonly', streams });
    const video = addVideoSender(connection, streams);
    preferCodec(video, this.#options.codec);
    this.#transceivers = { audio, video };
    this.#options.seal?.(this.#transceivers);
    return this.apply();
  }

  /** The server's answer had no place for this kind. */
  isDeclined(kind: 'audio' | 'video'): boolean {
    return this.#transceivers?.[kind].currentDirection === 'inactive';
  }

  /** False if they are there, and can send one picture only. */
  get canSendTwo(): boolean {
    return this.#transceivers === undefined || sendsTwo(this.#transceivers.video.sender);
  }

  /** Brings them in line with the tracks; one change at a time. */
  apply(): Promise<void> {
    const applied = this.#work.then(() => this.#applyNow());
    this.#work = applied.catch(() => undefined);
    return applied;
  }

  /** Their connection is closed. */
  stop(): void {
    this.#transceivers = undefined;
    this.#mixer.stop();
    this.#mixed = [];
  }

  /** Each read asks for them anew: the tracks may change while one of them is put in place. */
  get #tracks(): readonly PublishableTrack[] {
    return this.#options.tracks();
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
    if (picture)
      await encodePicture(video.sender, {
        ...limitsOf(picture),
        dual: this.#options.dual,
        width: source?.getSettings?.().width,
      });
    const sound = this.#tracks.find((track) => track instanceof LocalAudioTrack);
    if (sound) await limitSound(audio.sender, sound.encoder.bitrate);
  }
}

/** A track of another maker's has none. */
function limitsOf(picture: PublishableTrack): Pick<PictureToSend, 'encoder' | 'degradationPreference'> {
  if (!(picture instanceof LocalVideoTrack)) return { encoder: {} };
  const { encoder, degradationPreference } = picture;
  return { encoder, degradationPreference };
}

async function limitSound(sender: RTCRtpSender, kilobits: number | undefined): Promise<void> {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings ?? [];
  if (!encoding || !kilobits || encoding.maxBitrate === kilobits * 1000) return;
  encoding.maxBitrate = kilobits * 1000;
  // Limits are wishes: an older browser that does not know one of them sends without.
  await sender
    .setParameters(parameters)
    .catch((error: unknown) => log.warn('the browser does not take the limits of a track', error));
}
