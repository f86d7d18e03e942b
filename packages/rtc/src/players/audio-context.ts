import { globalEvents } from '../global-events.ts';

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

/** Lets a suspended AudioContext run; browsers allow it after a gesture of the user. */
export async function resumeAudioContext(): Promise<void> {
  if (shared && shared.state !== 'running') await shared.resume();
}
