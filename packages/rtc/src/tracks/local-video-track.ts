import type {
  BeautyEffectOptions,
  CameraVideoTrackInitConfig,
  ImageTypedData,
  OptimizationMode,
  VideoEncoderConfiguration,
  VideoPlayerConfig,
} from '../api/configurations.ts';
import type { IBaseProcessor } from '../api/processors.ts';
import type { ICameraVideoTrack, ILocalVideoTrack, VisibleStatus } from '../api/tracks.ts';
import { BeautyEffect, readBeauty } from '../effects/beauty-effect.ts';
import { failure } from '../errors.ts';
import { imageOf } from '../players/frame-image.ts';
import { VideoPlayer } from '../players/video-player.ts';
import { Pipeline } from '../processing/pipeline.ts';
import { ProcessorContext } from '../processing/processor-context.ts';
import { emptyLocalVideoStats, type LocalVideoStats } from '../stats/stats.ts';
import { unsupported } from '../unsupported.ts';
import { captureMedia, videoConstraints } from './capture.ts';
import { LocalTrack } from './local-track.ts';
import { videoEncoder } from './presets.ts';

export interface LocalVideoOptions {
  readonly encoder: VideoEncoderConfiguration;
  readonly optimizationMode?: OptimizationMode;
  /** The player configuration for the track in this page. */
  readonly player: VideoPlayerConfig;
  readonly kind: string;
}

/** Pictures that this page sends. */
export class LocalVideoTrack extends LocalTrack implements ILocalVideoTrack {
  override readonly trackMediaType = 'video';
  readonly #context = new ProcessorContext('local', () => this.input);
  readonly #pipeline = new Pipeline({
    kind: 'video',
    context: this.#context,
    onOutput: () => this.refresh(),
  });
  /** The last stage of what processes the track: what comes there is sent. */
  readonly processorDestination: IBaseProcessor = this.#pipeline.destination;
  #beauty: BeautyEffect | undefined;
  #player: VideoPlayer | undefined;
  #encoder: VideoEncoderConfiguration;
  #mode: OptimizationMode | undefined;

  constructor(
    source: MediaStreamTrack,
    protected readonly options: LocalVideoOptions,
    capture?: () => Promise<MediaStreamTrack>,
  ) {
    super(source, options.kind, capture);
    this.#encoder = options.encoder;
    this.#mode = options.optimizationMode;
    this.#hint();
  }

  get isPlaying(): boolean {
    return this.#player !== undefined;
  }

  /** @internal What the sender is told. */
  get encoder(): VideoEncoderConfiguration {
    return this.#encoder;
  }

  /** @internal */
  get degradationPreference(): RTCDegradationPreference {
    if (this.#mode === 'motion') return 'maintain-framerate';
    return this.#mode === 'detail' ? 'maintain-resolution' : 'balanced';
  }

  /** Shows the track in a `<video>`, or inside another element (or its id); shown already, it moves there. INVALID_PARAMS without such an element. */
  override play(element: string | HTMLElement, config: VideoPlayerConfig = {}): void {
    this.requireOpen();
    if (this.#player) this.#player.moveTo(element);
    else
      this.#player = new VideoPlayer(this.getMediaStreamTrack(), element, {
        usual: this.options.player,
        onFirstFrame: () => undefined,
        onVisibility: (status) => this.emit('video-element-visible-status', status),
      });
    this.#player.style(config);
  }

  override stop(): void {
    this.#player?.stop();
    this.#player = undefined;
  }

  /** The picture shown now; two by two black pixels before the first one. */
  getCurrentFrameData(): ImageData {
    return this.#player?.frame() ?? new ImageData(2, 2);
  }

  getVideoElementVisibleStatus(): VisibleStatus | undefined {
    return this.#player?.visibility();
  }

  override getStats(): LocalVideoStats {
    return super.getStats() as LocalVideoStats;
  }

  /** Changes size, rate and bitrate while it is sent; a preset's name or the values. */
  async setEncoderConfiguration(config: string | VideoEncoderConfiguration): Promise<void> {
    this.requireOpen();
    this.#encoder = videoEncoder(config);
    if (this.enabled)
      await this.input.applyConstraints(videoConstraints(this.#encoder)).catch((error: unknown) => {
        throw failure('SET_ENCODING_PARAMETER_ERROR', 'the source does not take these values', error);
      });
    await this.#context.applyAgain(videoConstraints(this.#encoder));
    this.changed();
  }

  async setOptimizationMode(mode: OptimizationMode): Promise<void> {
    this.#mode = mode;
    this.#hint();
    this.changed();
  }

  /** Sends another source from now on; receivers are not told. */
  async replaceTrack(track: MediaStreamTrack, stopOld: boolean): Promise<void> {
    this.requireOpen();
    if (track?.kind !== 'video') throw failure('INVALID_PARAMS', 'the new track must be a video track');
    this.swapSource(track, stopOld);
  }

  /** A track of the same source, which is muted, disabled and closed on its own; with `cloneTrack` false it sends the very same MediaStreamTrack. */
  clone(config?: string | VideoEncoderConfiguration, cloneTrack = true): LocalVideoTrack {
    return new LocalVideoTrack(this.copy(cloneTrack), this.optionsWith(config));
  }

  protected copy(cloneTrack: boolean): MediaStreamTrack {
    return cloneTrack ? this.input.clone() : this.input;
  }

  protected optionsWith(config?: string | VideoEncoderConfiguration): LocalVideoOptions {
    return { ...this.options, encoder: config === undefined ? this.#encoder : videoEncoder(config) };
  }

  /**
   * Smooths skin and lightens the picture, before any processor; `beauty-effect-overload` tells that pictures come too fast for it.
   * Rejects INVALID_PARAMS; NOT_SUPPORTED or BEAUTY_PROCESSOR_INTERNAL_ERROR where the browser cannot.
   */
  async setBeautyEffect(enabled: boolean, options?: BeautyEffectOptions): Promise<void> {
    this.requireOpen();
    if (!enabled) return this.#endBeauty();
    const levels = readBeauty(options);
    if (this.#beauty) return this.#beauty.set(levels);
    const beauty = new BeautyEffect(() => this.emit('beauty-effect-overload'));
    beauty.set(levels);
    beauty.feed(this.input);
    this.#beauty = beauty;
    this.#feed();
  }

  /** The picture shown now as an image; `quality` is from 0 to 1. Rejects CONVERTING_VIDEO_FRAME_TO_BLOB_FAILED while none is shown, CONVERTING_IMAGEDATA_TO_BLOB_FAILED for a type that the browser does not make. */
  async getCurrentFrameImage(imageType: string, quality: number): Promise<ImageTypedData> {
    const frame = this.#player?.frame();
    if (!frame) throw failure('CONVERTING_VIDEO_FRAME_TO_BLOB_FAILED', 'no picture of the track is shown');
    return imageOf(frame, imageType, quality);
  }

  sendSeiData(_sei: Uint8Array): void {
    unsupported('SEI data');
  }

  /** Puts a processor behind the source; what comes to `processorDestination` in the end is sent. INVALID_PARAMS, INVALID_OPERATION if it is piped already. */
  pipe<P extends IBaseProcessor>(processor: P): P {
    this.requireOpen();
    this.#feed();
    return this.#pipeline.pipe(processor);
  }

  unpipe(): void {
    this.#pipeline.unpipe();
  }

  useExtension(): never {
    return unsupported('video extensions');
  }

  removeExtension(): boolean {
    return false;
  }

  protected override emptyStats(): LocalVideoStats {
    return emptyLocalVideoStats();
  }

  protected override get processed(): MediaStreamTrack | undefined {
    return this.#pipeline.output?.track ?? this.#beauty?.output;
  }

  protected override sourceSwapped(): void {
    this.#beauty?.feed(this.input);
    this.#feed();
    void this.#context.applyAgain();
  }

  protected override show(sent: MediaStreamTrack): void {
    this.#hint();
    if (this.enabled) this.#player?.setTrack(sent);
  }

  protected override released(): void {
    this.#pipeline.unpipe();
    this.#endBeauty();
  }

  /** Hands the processors their pictures. */
  #feed(): void {
    this.#pipeline.feed({ track: this.#beauty?.output ?? this.input });
    this.refresh();
  }

  #endBeauty(): void {
    const beauty = this.#beauty;
    if (!beauty) return;
    this.#beauty = undefined;
    this.#feed();
    beauty.stop();
  }

  protected override shown(enabled: boolean): void {
    this.#player?.setTrack(enabled ? this.getMediaStreamTrack() : undefined);
  }

  #hint(): void {
    // The sender reads it of the track that it is given.
    if (this.#mode === 'motion' || this.#mode === 'detail')
      this.getMediaStreamTrack().contentHint = this.#mode;
  }
}

type CameraOptions = Pick<CameraVideoTrackInitConfig, 'cameraId' | 'facingMode'>;
type CameraChoice = Parameters<ICameraVideoTrack['setDevice']>[0];

/** Pictures from a camera. */
export class CameraVideoTrack extends LocalVideoTrack implements ICameraVideoTrack {
  #camera: CameraOptions;

  constructor(source: MediaStreamTrack, options: LocalVideoOptions, camera: CameraOptions) {
    super(source, options, () => this.#open());
    this.#camera = camera;
  }

  /** Switches to another camera, given by its id or its facing mode. */
  async setDevice(device: CameraChoice): Promise<void> {
    this.requireOpen();
    const before = this.#camera;
    this.#camera = cameraOf(device);
    if (!this.enabled) return;
    try {
      this.swapSource(await this.#open(), true);
    } catch (error) {
      this.#camera = before;
      throw error;
    }
  }

  override clone(config?: string | VideoEncoderConfiguration, cloneTrack = true): CameraVideoTrack {
    return new CameraVideoTrack(this.copy(cloneTrack), this.optionsWith(config), this.#camera);
  }

  async #open(): Promise<MediaStreamTrack> {
    const stream = await captureMedia({ video: videoConstraints(this.encoder, this.#camera) });
    const [track] = stream.getVideoTracks();
    if (!track) throw failure('DEVICE_NOT_FOUND', 'the camera gave no track');
    return track;
  }
}

function cameraOf(device: CameraChoice): CameraOptions {
  if (typeof device === 'string') return { cameraId: device };
  return device.deviceId === undefined ? { facingMode: device.facingMode } : { cameraId: device.deviceId };
}
