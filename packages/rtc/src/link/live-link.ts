import { after, Backoff, passedMs } from '@housecount/link';
import {
  type HelloFrame,
  type Profile,
  platforms,
  protocolVersion,
  type Role,
  returnLimits,
  type ServerFrame,
  type WelcomeFrame,
} from '@housecount/protocol';
import { aborted, failure } from '../errors.ts';
import { log } from '../log.ts';
import { delay, throwIfAborted } from '../timing.ts';
import { type RequestBody, Socket, type SocketEnd, SocketEnded } from './socket.ts';

/** Time for a first join, over all its attempts, milliseconds. After a first welcome the link never gives up by itself. */
const openMsMax = 15_000;
/** Time for a request, over reconnections, milliseconds; then TIMEOUT. */
const requestMsMax = 20_000;

export interface LinkIdentity {
  readonly server: string;
  readonly app: string;
  readonly channel: string;
  readonly token?: string;
  readonly uid?: number;
  readonly account?: string;
  readonly role: Role;
  readonly profile: Profile;
}

/** How a welcome came about: first join; the same membership taken up; or a new membership after the old one had ended. */
export type WelcomeKind = 'joined' | 'resumed' | 'rejoined';

export interface LinkHandlers {
  onReconnecting(): void;
  /** Also called for the first welcome, before `open` resolves. */
  onWelcome(welcome: WelcomeFrame, kind: WelcomeKind): void;
  onFrame(frame: ServerFrame): void;
  /** The membership has ended and the link does not try again. Not called after `bye` or `abandon`. */
  onEnded(end: SocketEnd): void;
}

/** A membership over as many sockets as it takes: reconnects with the resume key, and joins anew when that is refused. */
export class LiveLink {
  token: string | undefined;
  role: Role;
  #socket: Socket | undefined;
  #welcome: WelcomeFrame | undefined;
  #resume: string | undefined;
  readonly #over = new AbortController();
  readonly #backoff = new Backoff();
  /** Time for a socket to open, milliseconds; before the first welcome as long as the welcome may take. */
  #openMs: number | undefined;
  /** Wakes a waiting reconnection, and those who wait for it. */
  #wake = new AbortController();
  #waiting: (() => void)[] = [];

  constructor(
    private readonly identity: LinkIdentity,
    private readonly handlers: LinkHandlers,
  ) {
    this.token = identity.token;
    this.role = identity.role;
  }

  /** The last welcome, while the link lives. */
  get welcome(): WelcomeFrame | undefined {
    return this.#welcome;
  }

  /** Joins, or resumes with a key kept by an earlier page. Rejects with the server's refusal, or NETWORK_ERROR. */
  async open(signal: AbortSignal, resume?: string): Promise<void> {
    this.#resume = resume;
    signal.addEventListener('abort', () => this.bye(), { once: true, signal: this.#over.signal });
    const deadlineMs = passedMs() + openMsMax;
    for (;;) {
      const resumed = this.#resume;
      try {
        return await this.#attempt();
      } catch (error) {
        throwIfAborted(this.#over.signal);
        if (!(error instanceof SocketEnded)) throw error;
        if (resumed !== undefined && !error.end.retry) {
          // However the membership of the page before ended: this page was opened now, and its app asks to join.
          this.#resume = undefined;
          continue;
        }
        const waitMs = this.#backoff.next(error.end.retryAfterMs);
        if (!error.end.retry || passedMs() + waitMs > deadlineMs) {
          this.abandon();
          throw error;
        }
        await this.#pause(waitMs);
      }
    }
  }

  /** Sends a request, again after a reconnection if need be. Rejects HousecountError, TIMEOUT, or OPERATION_ABORTED once over. */
  async request(body: RequestBody): Promise<void> {
    const deadlineMs = passedMs() + requestMsMax;
    for (;;) {
      const socket = this.#socket ?? (await this.#connected(deadlineMs - passedMs()));
      try {
        return await socket.request(body);
      } catch (error) {
        if (!(error instanceof SocketEnded) || this.#over.signal.aborted) throw translate(error);
        if (passedMs() > deadlineMs) throw failure('TIMEOUT', 'the server did not answer in time', error);
      }
    }
  }

  /** Tries again now rather than at the end of the wait: the network is said to be back. */
  hurry(): void {
    this.#wake.abort();
  }

  /** Says goodbye and ends the link; with a grace in milliseconds the server lets the member leave only after it. */
  bye(graceMs = 0): void {
    this.#socket?.send({ type: 'bye', ...(graceMs > 0 && { graceMs }) });
    this.abandon();
  }

  /** Ends the link without a word: the server will hear nothing more. */
  abandon(): void {
    this.#over.abort();
    this.#socket?.abandon();
    this.#socket = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #attempt(): Promise<void> {
    const { server } = this.identity;
    const resume = this.#resume;
    const hello = this.#hello();
    try {
      const { socket, welcome } = await Socket.connect(
        `${server.replace(/^http/, 'ws')}/v1/connect`,
        hello,
        { onFrame: (frame) => this.handlers.onFrame(frame), onEnd: (end) => this.#lost(end) },
        { signal: this.#over.signal, openMs: this.#openMs },
      );
      this.#socket = socket;
      const first = this.#welcome === undefined;
      this.#welcome = welcome;
      this.#resume = welcome.resume;
      const { waitMsMax, openMsMax: openMs } = returnLimits(welcome);
      this.#backoff.reset(waitMsMax);
      this.#openMs = openMs;
      this.handlers.onWelcome(welcome, welcome.resumed ? 'resumed' : first ? 'joined' : 'rejoined');
      for (const wake of this.#waiting.splice(0)) wake();
    } catch (error) {
      if (error instanceof SocketEnded && error.end.code === 'resume_invalid' && resume !== undefined)
        this.#resume = undefined;
      throw error;
    }
  }

  #hello(): HelloFrame {
    const { app, channel, account, profile } = this.identity;
    // Whoever was given a number keeps it when it has to join anew.
    const uid = this.#welcome?.uid ?? this.identity.uid;
    return {
      type: 'hello',
      version: protocolVersion,
      app,
      channel,
      ...(this.token !== undefined && { token: this.token }),
      ...(account !== undefined ? { account } : uid !== undefined && { uid }),
      role: this.role,
      profile,
      platform: platforms.web,
      ...(this.#resume !== undefined && { resume: this.#resume }),
    };
  }

  #lost(end: SocketEnd): void {
    this.#socket = undefined;
    if (this.#over.signal.aborted) return;
    if (!end.retry) {
      this.#give(end);
      return;
    }
    this.handlers.onReconnecting();
    this.#reconnect(end.retryAfterMs).catch((error: unknown) => {
      if (!this.#over.signal.aborted) log.error('reconnecting failed', error);
    });
  }

  async #reconnect(retryAfterMs: number | undefined): Promise<void> {
    let atLeastMs = retryAfterMs;
    let atOnce = false;
    for (;;) {
      if (!atOnce) await this.#pause(this.#backoff.next(atLeastMs));
      try {
        return await this.#attempt();
      } catch (error) {
        if (!(error instanceof SocketEnded)) throw error;
        const { end } = error;
        // The key is dropped by now: the page joins anew without waiting.
        atOnce = end.code === 'resume_invalid' && !atOnce;
        if (end.code !== 'resume_invalid' && !end.retry) return this.#give(end);
        atLeastMs = end.retryAfterMs;
      }
    }
  }

  #give(end: SocketEnd): void {
    this.abandon();
    this.handlers.onEnded(end);
  }

  async #pause(ms: number): Promise<void> {
    this.#wake = new AbortController();
    await delay(ms, this.#wake.signal, this.#over.signal).catch(() => undefined);
    throwIfAborted(this.#over.signal);
  }

  #connected(msMax: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const cancel = after(msMax, () => {
        this.#waiting = this.#waiting.filter((each) => each !== wake);
        reject(failure('TIMEOUT', 'the connection did not come back in time'));
      });
      const wake = (): void => {
        cancel();
        if (this.#socket) resolve(this.#socket);
        else reject(aborted('the connection has ended'));
      };
      if (this.#over.signal.aborted) wake();
      else this.#waiting.push(wake);
    });
  }
}

function translate(error: unknown): unknown {
  return error instanceof SocketEnded ? aborted('the connection has ended') : error;
}
