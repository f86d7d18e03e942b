import { globalEvents } from '../global-events.ts';
import { log } from '../log.ts';
import { onAutoplayBlocked } from './autoplay.ts';

let shared: AudioContext | undefined;

/** The one AudioContext of the page, made when first needed; browsers allow only a few. */
export function audioContext(): AudioContext {
  if (!shared) {
    const context = new AudioContext();
    let before: AudioContextState | undefined;
    context.onstatechange = () => {
      globalEvents.emit('audio-context-state-changed', context.state, before);
      before = context.state;
    };
    shared = context;
  }
  return shared;
}

/** The same, for sound that goes through it: where the browser holds it back until a gesture of the user, the page is told, and it runs from the gesture on. */
export function runningAudioContext(): AudioContext {
  const context = audioContext();
  if (context.state !== 'running') {
    // Chromium leaves the promise pending until a gesture; the state says at once whether it runs.
    context.resume().catch((error: unknown) => log.debug('the AudioContext does not run yet', error));
    setTimeout(() => {
      if (context.state === 'suspended') onAutoplayBlocked(resume);
    }, startMsMax);
  }
  return context;
}

/** A context that may run does so within this time, milliseconds; chosen. */
const startMsMax = 500;

const resume = (): void => {
  void resumeAudioContext();
};

/** Lets a suspended AudioContext run; browsers allow it after a gesture of the user. */
export async function resumeAudioContext(): Promise<void> {
  if (shared && shared.state !== 'running') await shared.resume();
}
