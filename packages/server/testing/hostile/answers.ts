import type { SignalingClient } from '../clients/signaling-client.ts';

/** Counts the answers that a client gets from now on: cheap, however many there are. */
export class Answers {
  ok = 0;
  /** Refusals by their number. */
  readonly refused = new Map<number, number>();
  all = 0;

  constructor(client: SignalingClient) {
    client.onFrame = (frame) => {
      if (frame.type === 'ok') this.ok += 1;
      else if (frame.type === 'refused')
        this.refused.set(frame.code, (this.refused.get(frame.code) ?? 0) + 1);
      else return;
      this.all += 1;
    };
  }
}

/** The number of requests of a rate that one user may have been granted since the call: a burst of five seconds, and what came back since. */
export function allowance(perSecond: number): () => number {
  const beganMs = performance.now();
  return () => perSecond * (5 + (performance.now() - beganMs) / 1000) + 1;
}
