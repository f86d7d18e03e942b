import type { VideoPlayerConfig } from '../api/configurations.ts';
import { failure } from '../errors.ts';

/** The `<video>` that shows a track, and how it sits in the page. */
export interface VideoScreen {
  readonly video: HTMLVideoElement;
  /** `given` is what the page asked for, `usual` how such a track is shown otherwise. */
  style(given: VideoPlayerConfig, usual: VideoPlayerConfig): void;
  /** Sits in this element from now on, if it can without another `<video>`. */
  moveTo(container: HTMLElement): boolean;
  /** Leaves the page as it was. */
  remove(): void;
}

/** The element meant; INVALID_PARAMS if there is none. */
export function elementOf(element: string | HTMLElement): HTMLElement {
  const found = typeof element === 'string' ? document.getElementById(element) : element;
  if (!(found instanceof HTMLElement))
    throw failure('INVALID_PARAMS', `there is no element ${String(element)} to play in`);
  return found;
}

/** A `<video>` of the page is the screen itself; in any other element one is made. */
export const screenIn = (container: HTMLElement): VideoScreen =>
  container instanceof HTMLVideoElement ? new OwnScreen(container) : new BoxedScreen(container);

const mirrored = 'rotateY(180deg)';

/** A `<video>` that we made, in a box of the size of its container. */
class BoxedScreen implements VideoScreen {
  readonly video = document.createElement('video');
  readonly #box = document.createElement('div');

  constructor(container: HTMLElement) {
    this.#box.style.cssText =
      'width:100%;height:100%;position:relative;overflow:hidden;background-color:black';
    this.video.className = 'agora_video_player';
    prepare(this.video);
    this.#box.append(this.video);
    container.append(this.#box);
  }

  style(given: VideoPlayerConfig, usual: VideoPlayerConfig): void {
    const { mirror = false, fit = 'cover', noStyle = false } = { ...usual, ...given };
    if (noStyle) {
      this.video.style.cssText = '';
      return;
    }
    this.video.style.cssText = `width:100%;height:100%;position:absolute;left:0;top:0;object-fit:${fit}${
      mirror ? `;transform:${mirrored}` : ''
    }`;
  }

  moveTo(container: HTMLElement): boolean {
    if (container instanceof HTMLVideoElement) return false;
    if (this.#box.parentElement !== container) container.append(this.#box);
    return true;
  }

  remove(): void {
    this.video.srcObject = null;
    this.#box.remove();
  }
}

/** A `<video>` of the page: its place, its size and how its picture fits are the page's own, unless it says so. */
class OwnScreen implements VideoScreen {
  readonly #before: { readonly muted: boolean; readonly fit: string; readonly transform: string };

  constructor(readonly video: HTMLVideoElement) {
    this.#before = { muted: video.muted, fit: video.style.objectFit, transform: video.style.transform };
    prepare(video);
  }

  style(given: VideoPlayerConfig, usual: VideoPlayerConfig): void {
    this.video.style.objectFit = given.fit ?? this.#before.fit;
    this.video.style.transform = (given.mirror ?? usual.mirror) ? mirrored : this.#before.transform;
  }

  moveTo(container: HTMLElement): boolean {
    return container === this.video;
  }

  remove(): void {
    this.video.srcObject = null;
    this.video.muted = this.#before.muted;
    this.video.style.objectFit = this.#before.fit;
    this.video.style.transform = this.#before.transform;
  }
}

/** Browsers start by themselves what is silent; a video track has no sound. */
function prepare(video: HTMLVideoElement): void {
  video.autoplay = true;
  video.muted = true;
  video.playsInline = true;
}
