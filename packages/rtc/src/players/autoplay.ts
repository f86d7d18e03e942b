import { globalEvents } from '../global-events.ts';

const gestures = ['pointerdown', 'touchend', 'keydown'] as const;
const blocked = new Set<() => void>();

/** Browsers forbid sound before a gesture of the user: tells the page once, and plays what was blocked at the gesture. */
export function onAutoplayBlocked(play: () => void): void {
  const first = blocked.size === 0;
  blocked.add(play);
  if (!first) return;
  for (const gesture of gestures) document.addEventListener(gesture, retry, { capture: true });
  globalEvents.emit('autoplay-failed');
}

function retry(): void {
  for (const gesture of gestures) document.removeEventListener(gesture, retry, { capture: true });
  const plays = [...blocked];
  blocked.clear();
  for (const play of plays) play();
}

/** Starts a media element; what the browser blocks is played later, and other failures only mean that it went away. */
export function startPlaying(element: HTMLMediaElement, onBlocked: () => void): void {
  element.play().catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === 'NotAllowedError')) return;
    onAutoplayBlocked(onBlocked);
    if (element instanceof HTMLAudioElement) globalEvents.emit('audio-autoplay-failed');
  });
}
