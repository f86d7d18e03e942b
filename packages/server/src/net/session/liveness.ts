import { judgeLiveness, type LivenessFinding } from '../socket/liveness.ts';

/** Tracks the silence of a peer, which is asked for a sign of life once in a silence. */
export class Liveness {
  #heardMs: number;
  #isPinged = false;

  /** `steadyMs`: by the clock that only runs, like all times here. */
  constructor(steadyMs: number) {
    this.#heardMs = steadyMs;
  }

  /** When something was last heard. */
  get heardMs(): number {
    return this.#heardMs;
  }

  heard(steadyMs: number): void {
    this.#isPinged = false;
    this.#heardMs = steadyMs;
  }

  /** Judges its silence now; `ping` asks for a sign of life. */
  judge(steadyMs: number, ping: () => void): LivenessFinding {
    const finding = judgeLiveness(steadyMs - this.#heardMs, this.#isPinged);
    if (finding !== 'heard' && !this.#isPinged) {
      this.#isPinged = true;
      ping();
    }
    return finding;
  }
}
