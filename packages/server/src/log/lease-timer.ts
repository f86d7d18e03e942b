import { due } from '../channel/due.ts';
import type { ChannelState } from '../channel/state.ts';
import type { Clock } from '../clock.ts';
import { DueQueue } from './due-queue.ts';
import { channelKey } from './world.ts';

/** Calls for a channel when time alone changes it: a lease or a token ends. One timer for all channels. */
export class LeaseTimer {
  readonly #clock: Clock;
  readonly #onDue: (app: string, channel: string) => void;
  readonly #queue = new DueQueue();
  #cancel: (() => void) | undefined;
  #atMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(clock: Clock, onDue: (app: string, channel: string) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Takes note of when these channels are due next; what was noted of them before is forgotten. */
  schedule(states: Iterable<ChannelState>): void {
    for (const state of states) {
      this.#queue.set(channelKey(state.app, state.channel), due(state) ?? forgetAtMs(state));
    }
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #arm(): void {
    const nextMs = this.#queue.nextMs();
    if (nextMs === undefined || this.#stopped || nextMs >= this.#atMs) return;
    this.#cancel?.();
    this.#atMs = nextMs;
    this.#cancel = this.#clock.after(Math.max(0, nextMs - this.#clock.nowMs()), () => {
      this.#atMs = Number.POSITIVE_INFINITY;
      for (const key of this.#queue.take(this.#clock.nowMs())) {
        const [app = '', channel = ''] = key.split('/');
        this.#onDue(app, channel);
      }
      this.#arm();
    });
  }
}

/** A closed channel remembers clientSeqs that lie in the future; it is looked at again when they no longer do. */
function forgetAtMs(state: ChannelState): number | undefined {
  if (state.sid !== undefined || state.departed.size === 0) return undefined;
  let latest = 0;
  for (const clientSeq of state.departed.values()) latest = Math.max(latest, clientSeq);
  return latest + 1;
}
