import type { Socket } from '../../../net/socket/socket.ts';
import type { SignalingLimits } from '../../signaling-limits.ts';

export type TellingLimits = Pick<SignalingLimits, 'signalingStartBytes' | 'signalingStartsMax'>;

/** Says how something is, then what becomes of it. Calls `told`, now or later, when the first is said. Returns the end of it. */
export type Begin = (told: () => void) => () => void;

/**
 * Tells one after another how things are where a session subscribes, as its peer takes it: all at once it would cut off clients that
 * subscribe to many large channels, each time they come back.
 */
export class Telling {
  /** The socket of the session's connection. */
  #socket: Socket | undefined;
  /** The parts that are still to begin, in order of asking. */
  readonly #parts = new Set<() => void>();
  readonly #limits: TellingLimits;
  #underWay = 0;
  #isGoing = false;

  constructor(limits: TellingLimits) {
    this.#limits = limits;
  }

  /** The socket that is told; undefined while the session has no connection. */
  get socket(): Socket | undefined {
    return this.#socket;
  }

  /** Tells this socket whatever begins from now on. */
  start(socket: Socket): void {
    this.#socket = socket;
  }

  /** Begins when it is its turn, at once if the peer is not behind. Returns the end of it, to be called once. */
  begin(begin: Begin): () => void {
    let end = nothing;
    let isUnderWay = false;
    const told = () => {
      if (!isUnderWay) return;
      isUnderWay = false;
      this.#underWay -= 1;
      this.go();
    };
    const part = () => {
      isUnderWay = true;
      this.#underWay += 1;
      end = begin(told);
    };
    this.#parts.add(part);
    this.go();
    return () => {
      this.#parts.delete(part);
      end();
      told();
    };
  }

  /** Nothing more begins, before there is another socket. */
  stop(): void {
    this.#socket = undefined;
    this.#parts.clear();
  }

  /** Goes on with what waits, as far as there is room. */
  go(): void {
    if (this.#isGoing || !this.#socket) return;
    this.#isGoing = true;
    for (const part of this.#parts) {
      if (this.#underWay >= this.#limits.signalingStartsMax) break;
      if (this.#socket.bufferedBytes() > this.#limits.signalingStartBytes) break;
      this.#parts.delete(part);
      part();
    }
    this.#isGoing = false;
  }
}

const nothing = (): void => {};
