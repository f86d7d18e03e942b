import type { VideoPlayerConfig } from '../api/configurations.ts';
import type { IBaseProcessor } from '../api/processors.ts';
import type { IRemoteVideoTrack, VisibleStatus } from '../api/tracks.ts';
import { VideoPlayer } from '../players/video-player.ts';
import { Pipeline } from '../processing/pipeline.ts';
import { ProcessorContext } from '../processing/processor-context.ts';
import { emptyRemoteVideoStats, type RemoteVideoStats } from '../stats/stats.ts';
import { unsupported } from '../unsupported.ts';
import { RemoteTrack } from './remote-track.ts';

/** A host's pictures. */
export class RemoteVideoTrack extends RemoteTrack implements IRemoteVideoTrack {
  override readonly trackMediaType = 'video';
  override readStats: () => RemoteVideoStats = emptyRemoteVideoStats;
  readonly #pipeline = new Pipeline({
    kind: 'video',
    context: new ProcessorContext('remote', () => this.received),
    onOutput: () => this.#player?.setTrack(this.getMediaStreamTrack()),
  });
  /** The last stage of what processes the track: what comes there is shown. */
  readonly processorDestination: IBaseProcessor = this.#pipeline.destination;
  #player: VideoPlayer | undefined;
  #state: 0 | 1 | 2 | 3 = 0;
  #decoded = false;

  get isPlaying(): boolean {
    return this.#player !== undefined;
  }

  /** Shows it in a `<video>`, or inside another element (or its id); shown already, it moves there. INVALID_PARAMS without such an element. */
  override play(element: string | HTMLElement, config: VideoPlayerConfig = {}): void {
    if (this.released) return;
    if (this.#player) this.#player.moveTo(element);
    else {
      this.#player = new VideoPlayer(this.getMediaStreamTrack(), element, {
        usual: {},
        onFirstFrame: () => this.#firstFrame(),
        onVisibility: (status) => this.emit('video-element-visible-status', status),
      });
      this.setState(1);
    }
    this.#player.style(config);
  }

  override stop(): void {
    this.#player?.stop();
    this.#player = undefined;
    this.setState(0);
  }

  /** The picture shown now; two by two black pixels before the first one. */
  getCurrentFrameData(): ImageData {
    return this.#player?.frame() ?? new ImageData(2, 2);
  }

  getVideoElementVisibleStatus(): VisibleStatus | undefined {
    return this.#player?.visibility();
  }

  override getStats(): RemoteVideoStats {
    return this.readStats();
  }

  /** Puts a processor behind what is received; what comes to `processorDestination` in the end is shown. INVALID_PARAMS, INVALID_OPERATION if it is piped already. */
  pipe<P extends IBaseProcessor>(processor: P): P {
    this.#pipeline.feed({ track: this.received });
    return this.#pipeline.pipe(processor);
  }

  override unpipe(): void {
    this.#pipeline.unpipe();
  }

  useExtension(): never {
    return unsupported('video extensions');
  }

  removeExtension(): boolean {
    return false;
  }

  /** @internal Frames flow or do not, as the statistics say, while it is played. */
  setFlowing(flowing: boolean): void {
    if (this.#state === 2 && !flowing) this.setState(3);
    else if (this.#state === 3 && flowing) this.setState(2);
  }

  protected override get processed(): MediaStreamTrack | undefined {
    return this.#pipeline.output?.track;
  }

  protected override rebound(): void {
    this.#pipeline.feed({ track: this.received });
    this.#player?.setTrack(this.getMediaStreamTrack());
  }

  #firstFrame(): void {
    if (this.released) return;
    this.setState(2);
    if (this.#decoded) return;
    this.#decoded = true;
    this.emit('first-frame-decoded');
  }

  private setState(state: 0 | 1 | 2 | 3): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('video-state-changed', state);
  }
}
