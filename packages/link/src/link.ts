import { type ReturnLimits, returnLimits } from '@housecount/protocol';
import { Backoff, type BackoffOptions } from './backoff.ts';
import { deadline } from './deadline.ts';
import type { Dialect, Frames } from './frames.ts';
import { RequestFailed } from './pending-requests.ts';
import { type Parting, Socket, type SocketEnd, type SocketHandlers } from './socket.ts';
import { realSurroundings, type Surroundings } from './surroundings.ts';

export interface LinkOptions<F extends Frames> {
  readonly dialect: Dialect<F>;
  readonly backoff?: BackoffOptions;
  readonly surroundings?: Surroundings;
  /** The client's own pace of pings, milliseconds, where the server's is not faster. */
  readonly pingMs?: number;
  /** Time for the answer to a request, milliseconds; without it there is no end to it but the socket's. */
  readonly answerMs?: number;
}

/** Why it is time for another attempt: the wait is over, or the network is said to be back. */
export type Turn = 'waited' | 'back';

export interface LinkHandlers<F extends Frames> extends SocketHandlers<F> {
  /** Time for another attempt: calls `open`. */
  onTurn(turn: Turn): void;
}

/**
 * A connection that lasts over as many sockets as it takes. Its owner says which frames open a socket and what a socket's end means:
 * after an end nothing is tried again unless the owner calls `open` or `retry`.
 */
export class Link<F extends Frames> {
  readonly #surroundings: Surroundings;
  readonly #backoff: Backoff;
  #socket: Socket<F> | undefined;
  /** The limits of coming back that follow from the last welcome; undefined while nothing is at stake. */
  #limits: ReturnLimits | undefined;
  #isWhole = false;
  #cancelWait: (() => void) | undefined;
  /** Callers that wait for the link to be whole, or for its end. */
  #waiting: ((isWhole: boolean) => void)[] = [];
  /** The last request id. Ids are unique over all sockets, so that no answer is taken for that of another request. */
  #lastId = 0;

  constructor(
    private readonly options: LinkOptions<F>,
    private readonly handlers: LinkHandlers<F>,
  ) {
    const { backoff, surroundings = realSurroundings } = options;
    this.#surroundings = surroundings;
    this.#backoff = new Backoff(backoff, () => surroundings.random());
  }

  /** The attempt under way, or the connection that there is. */
  get socket(): Socket<F> | undefined {
    return this.#socket;
  }

  /** Requests may be made: the socket is welcomed, and what is wanted of it has been restored. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Opens a socket and says hello, as it is once the socket is open; what was there before, a wait or a socket, is given up. */
  open(url: string, hello: () => F['hello']): void {
    this.drop();
    const { dialect, pingMs, answerMs } = this.options;
    const { handlers } = this;
    this.#socket = new Socket<F>(
      url,
      hello,
      {
        onFrame: (frame) => handlers.onFrame(frame),
        onNoise: () => handlers.onNoise?.(),
        onWelcome: (welcome) => {
          this.#limits = returnLimits(welcome);
          this.#backoff.guard(this.#limits.waitMsMax);
          handlers.onWelcome(welcome);
        },
        onEnd: (end) => this.#lost(end),
      },
      {
        dialect,
        surroundings: this.#surroundings,
        nextId: () => ++this.#lastId,
        openMs: this.#limits?.openMsMax,
        pingMs,
        answerMs,
      },
    );
  }

  /** All is as it is wanted: waits start with the first again, and requests that waited are made. */
  settle(): void {
    this.#isWhole = true;
    this.#backoff.reset(this.#limits?.waitMsMax);
    this.#wake();
  }

  /** Waits start with the first again. */
  startOver(): void {
    this.#backoff.startOver();
  }

  /**
   * Waits for the next attempt, no less than the server asked for, as far as that is safe. False, and no wait, if that is not before
   * `leftMs` milliseconds have passed.
   */
  retry(atLeastMs?: number, leftMs = Number.POSITIVE_INFINITY): boolean {
    const waitMs = this.#backoff.next(atLeastMs);
    if (waitMs >= leftMs) return false;
    this.wait(waitMs, () => this.handlers.onTurn('waited'));
    return true;
  }

  /** Makes all further attempts come at an even pace, as far as that is safe. */
  slowDown(everyMs: number): void {
    this.#backoff.steady(everyMs);
  }

  /** Waits for something other than an attempt; `hurry` makes an attempt of it. */
  wait(ms: number, act: () => void): void {
    this.#cancelWait?.();
    this.#cancelWait = this.#surroundings.after(ms, () => {
      this.#cancelWait = undefined;
      act();
    });
  }

  /** Tries again now rather than at the end of the wait: the network is said to be back. */
  hurry(): void {
    if (!this.#cancelWait) return;
    this.#cancelWait();
    this.#cancelWait = undefined;
    this.handlers.onTurn('back');
  }

  /** Gives the connection up as lost: left open, a browser would keep it while nobody is here. */
  letGo(): void {
    if (!this.#socket) return;
    this.#socket.abandon();
    this.#lost({ why: 'closed' });
  }

  /** Resolves true once requests may be made; false at the end of the link, or after `msMax` milliseconds. */
  whole(msMax?: number): Promise<boolean> {
    if (this.#isWhole) return Promise.resolve(true);
    return new Promise((resolve) => {
      const wake = (isWhole: boolean): void => {
        cancel?.();
        resolve(isWhole);
      };
      const cancel =
        msMax === undefined
          ? undefined
          : deadline(this.#surroundings, msMax, () => {
              this.#waiting = this.#waiting.filter((each) => each !== wake);
              resolve(false);
            });
      this.#waiting.push(wake);
    });
  }

  /** Asks the server; rejects RequestFailed. `endless`: the answer may take any time. */
  request(body: F['request'], endless = false): Promise<F['ok']> {
    return this.#socket?.request(body, endless) ?? Promise.reject(new RequestFailed({ why: 'lost' }));
  }

  /** Says goodbye and ends the link. Resolves when the server knows, or cannot be told. */
  part(parting: Parting<F>): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    const gone = socket?.part(parting);
    this.end();
    return gone ?? Promise.resolve();
  }

  /** Ends the link without a word: nothing waits any more, and nothing is at stake. It may be opened again. */
  end(): void {
    this.drop();
    this.#limits = undefined;
    this.#backoff.reset();
    this.#wake();
  }

  /** Gives up the wait or the socket that there is, without a word to anybody. */
  drop(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.#isWhole = false;
    this.#socket?.abandon();
    this.#socket = undefined;
  }

  #lost(end: SocketEnd<F>): void {
    this.#socket = undefined;
    this.#isWhole = false;
    this.handlers.onEnd(end);
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake(this.#isWhole);
  }
}
