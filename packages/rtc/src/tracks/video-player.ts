import { failure } from '../errors.ts';
import { startPlaying } from './autoplay.ts';

export interface VideoPlayerConfig {
  readonly mirror?: boolean;
  readonly fit?: 'cover' | 'contain' | 'fill';
}

/** The `<video>` that a video track makes inside an element of the page. */
export class VideoPlayer {
  readonly #box: HTMLDivElement;
  readonly #video: HTMLVideoElement;

  /** `element` is the container or its id; INVALID_PARAMS if there is none. */
  constructor(
    track: MediaStreamTrack,
    element: string | HTMLElement,
    private readonly handlers: { readonly onFirstFrame: () => void },
  ) {
    this.#box = document.createElement('div');
    this.#box.style.cssText =
      'width:100%;height:100%;position:relative;overflow:hidden;background-color:black';
    this.#video = document.createElement('video');
    this.#video.className = 'agora_video_player';
    this.#video.autoplay = true;
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.addEventListener('loadeddata', () => this.handlers.onFirstFrame(), { once: true });
    this.#box.append(this.#video);
    this.moveTo(element);
    this.setTrack(track);
  }

  /** Puts the video into another element. */
  moveTo(element: string | HTMLElement): void {
    const container = typeof element === 'string' ? document.getElementById(element) : element;
    if (!(container instanceof HTMLElement))
      throw failure('INVALID_PARAMS', `there is no element ${String(element)} to play in`);
    if (this.#box.parentElement === container) return;
    container.append(this.#box);
    if (this.#video.srcObject) this.#play();
  }

  style({ mirror = false, fit = 'cover' }: VideoPlayerConfig): void {
    this.#video.style.cssText = `width:100%;height:100%;position:absolute;left:0;top:0;object-fit:${fit}${
      mirror ? ';transform:rotateY(180deg)' : ''
    }`;
  }

  /** Shows another track, or nothing. */
  setTrack(track: MediaStreamTrack | undefined): void {
    this.#video.srcObject = track ? new MediaStream([track]) : null;
    if (track) this.#play();
  }

  /** The picture shown now, or undefined before the first. */
  frame(): ImageData | undefined {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (width === 0 || height === 0) return undefined;
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    context?.drawImage(this.#video, 0, 0);
    return context?.getImageData(0, 0, width, height);
  }

  /** Is the element where somebody could see it? */
  visibility(): { visible: boolean; reason?: string } {
    if (!this.#video.isConnected) return { visible: false, reason: 'UNMOUNTED' };
    const style = getComputedStyle(this.#video);
    if (style.display === 'none' || style.visibility === 'hidden') return { visible: false, reason: 'STYLE' };
    const { width, height, right, bottom, left, top } = this.#video.getBoundingClientRect();
    if (width * height < 1) return { visible: false, reason: 'SIZE' };
    if (right < 0 || bottom < 0 || left > innerWidth || top > innerHeight)
      return { visible: false, reason: 'POSITION' };
    return { visible: true };
  }

  stop(): void {
    this.#video.srcObject = null;
    this.#box.remove();
  }

  #play(): void {
    startPlaying(this.#video, () => this.#play());
  }
}
