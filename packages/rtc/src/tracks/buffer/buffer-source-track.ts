import type {
  AudioEncoderConfiguration,
  AudioSourceOptions,
  AudioSourceState,
  BufferSourceAudioTrackInitConfig,
} from '../../api/configurations.ts';
import type { IBufferSourceAudioTrack } from '../../api/tracks.ts';
import { failure } from '../../errors.ts';
import { runningAudioContext } from '../../players/audio-context.ts';
import { LocalAudioTrack } from '../local-audio-track.ts';
import { audioEncoder } from '../presets.ts';
import { readAudio } from './audio-file.ts';
import { BufferPlayback } from './buffer-playback.ts';

/**
 * A track of an audio file: of the user's, from an address, or decoded already. Rejects INVALID_PARAMS, FETCH_AUDIO_FILE_FAILED,
 * READ_LOCAL_AUDIO_FILE_ERROR or DECODE_AUDIO_FILE_FAILED.
 */
export async function createBufferSourceAudioTrack(
  config: BufferSourceAudioTrackInitConfig,
): Promise<BufferSourceAudioTrack> {
  const { source, cacheOnlineFile = false, encoderConfig } = config ?? {};
  const encoder = audioEncoder(encoderConfig);
  return new BufferSourceAudioTrack(source, await readAudio(source, cacheOnlineFile), encoder);
}

/** Sound of a file. It is silent, and may be published, until it is started. */
export class BufferSourceAudioTrack extends LocalAudioTrack implements IBufferSourceAudioTrack {
  readonly source: File | string | AudioBuffer;
  readonly #playback: BufferPlayback;
  readonly #output: MediaStreamAudioDestinationNode;
  #speed = 100;

  constructor(source: File | string | AudioBuffer, buffer: AudioBuffer, encoder: AudioEncoderConfiguration) {
    const output = runningAudioContext().createMediaStreamDestination();
    const [track] = output.stream.getAudioTracks();
    if (!track) throw failure('UNEXPECTED_ERROR', 'the browser made no track for the audio');
    super(track, encoder, 'buf');
    this.source = source;
    this.#output = output;
    this.#playback = new BufferPlayback(buffer, output, (state) => this.emit('source-state-change', state));
  }

  get currentState(): AudioSourceState {
    return this.#playback.state;
  }

  /** Seconds. */
  get duration(): number {
    return this.#playback.duration;
  }

  /** Percent of the usual speed. */
  get playbackSpeed(): number {
    return this.#speed;
  }

  /** Seconds from the beginning of the file. */
  getCurrentTime(): number {
    return this.#playback.positionS;
  }

  /** Begins, or begins anew: once, `cycle` times, or again and again with `loop`. INVALID_PARAMS for what cannot be. */
  startProcessAudioBuffer(options: AudioSourceOptions = {}): void {
    this.requireOpen();
    runningAudioContext();
    this.#playback.start(options ?? {});
  }

  pauseProcessAudioBuffer(): void {
    this.#playback.pause();
  }

  resumeProcessAudioBuffer(): void {
    this.#playback.resume();
  }

  stopProcessAudioBuffer(): void {
    this.#playback.stop();
  }

  /** Goes on at `time`, in seconds; before it is started, it is where it will start. INVALID_PARAMS beyond the end. */
  seekAudioBuffer(time: number): void {
    this.requireOpen();
    this.#playback.seek(time);
  }

  /** 50 to 400 percent; the pitch rises and falls with it. */
  setAudioBufferPlaybackSpeed(speed: number): void {
    if (!(speed >= 50 && speed <= 400)) throw failure('INVALID_PARAMS', 'the speed is 50 to 400');
    this.#speed = speed;
    this.#playback.setSpeed(speed / 100);
  }

  override close(): void {
    if (this.closed) return;
    this.#playback.stop();
    this.#output.disconnect();
    super.close();
  }
}
