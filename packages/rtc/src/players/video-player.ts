import type { VideoPlayerConfig } from '../api/configurations.ts';
import type { VisibleStatus } from '../api/tracks.ts';
import { startPlaying } from './autoplay.ts';
import { elementOf, screenIn, type VideoScreen } from './video-screen.ts';

/** A picture this small is none: Chromium shows two by two black pixels when a track ends before its first frame. */
const placeholderPixels = 2;

/** Time from one look at whether people can see the picture to the next, milliseconds: the original's. */
const visibilityMs = 30_000;

/** The player that uses each `<video>` of the page now: players that used it before must leave it alone. */
const players = new WeakMap<HTMLVideoElement, VideoPlayer>();

export interface VideoPlayerOptions {
  /** The default configuration for such a track. */
  readonly usual: VideoPlayerConfig;
  /** Called once, when the first picture is visible. */
  readonly onFirstFrame: () => void;
  /** Called twice a minute while it plays. */
  readonly onVisibility: (status: VisibleStatus) => void;
}

/** Shows a video track in an element of the page: a `<video>` itself, or one that is made inside. */
export class VideoPlayer {
  #screen: VideoScreen;
  #track: MediaStreamTrack | undefined;
  #config: VideoPlayerConfig = {};
  #hasFrame = false;
  #visibilityTimer: ReturnType<typeof setInterval> | undefined;

  /** `element` is the element or its id; INVALID_PARAMS if there is none. */
  constructor(
    track: MediaStreamTrack,
    element: string | HTMLElement,
    private readonly options: VideoPlayerOptions,
  ) {
    this.#screen = this.#enter(elementOf(element));
    this.setTrack(track);
  }

  /** Plays in another element. */
  moveTo(element: string | HTMLElement): void {
    const container = elementOf(element);
    if (this.#holds && this.#screen.moveTo(container)) {
      if (this.#track) this.#play();
      return;
    }
    this.#leave();
    this.#screen = this.#enter(container);
    this.style(this.#config);
    this.setTrack(this.#track);
  }

  style(config: VideoPlayerConfig): void {
    this.#config = config;
    if (this.#holds) this.#screen.style(config, this.options.usual);
  }

  /** Shows another track, or nothing. */
  setTrack(track: MediaStreamTrack | undefined): void {
    this.#track = track;
    if (!this.#holds) return;
    this.#video.srcObject = track ? new MediaStream([track]) : null;
    if (track) this.#play();
  }

  /** The picture shown now, or undefined before the first. */
  frame(): ImageData | undefined {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (!this.#holds || width === 0 || height === 0) return undefined;
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    context?.drawImage(this.#video, 0, 0);
    return context?.getImageData(0, 0, width, height);
  }

  /** Reports whether a user could see the element. */
  visibility(): VisibleStatus {
    // What is in no page has no size.
    if (!this.#video.isConnected) return { visible: false, reason: 'SIZE' };
    const style = getComputedStyle(this.#video);
    if (style.display === 'none' || style.visibility === 'hidden') return { visible: false, reason: 'STYLE' };
    const { width, height, right, bottom, left, top } = this.#video.getBoundingClientRect();
    if (width * height < 1) return { visible: false, reason: 'SIZE' };
    if (right < 0 || bottom < 0 || left > innerWidth || top > innerHeight)
      return { visible: false, reason: 'POSITION' };
    return { visible: true };
  }

  stop(): void {
    this.#leave();
  }

  get #video(): HTMLVideoElement {
    return this.#screen.video;
  }

  /** False once another track plays in the same `<video>` of the page. */
  get #holds(): boolean {
    return players.get(this.#video) === this;
  }

  #enter(container: HTMLElement): VideoScreen {
    if (container instanceof HTMLVideoElement) players.get(container)?.stop();
    const screen = screenIn(container);
    players.set(screen.video, this);
    for (const type of frameEvents) screen.video.addEventListener(type, this.#look);
    this.#visibilityTimer = setInterval(() => this.options.onVisibility(this.visibility()), visibilityMs);
    return screen;
  }

  #leave(): void {
    if (!this.#holds) return;
    clearInterval(this.#visibilityTimer);
    for (const type of frameEvents) this.#video.removeEventListener(type, this.#look);
    players.delete(this.#video);
    this.#screen.remove();
  }

  readonly #look = (): void => {
    const { videoWidth, videoHeight, readyState } = this.#video;
    if (this.#hasFrame || readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    if (videoWidth <= placeholderPixels || videoHeight <= placeholderPixels) return;
    this.#hasFrame = true;
    this.options.onFirstFrame();
  };

  #play(): void {
    startPlaying(this.#video, () => this.#play());
  }
}

const frameEvents = ['loadeddata', 'resize', 'timeupdate'] as const;
