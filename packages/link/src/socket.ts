import { pongMsMax } from '@housecount/protocol';
import { deadline } from './deadline.ts';
import { type Dialect, type Frames, isLongerThan, parseFrame } from './frames.ts';
import { Heartbeat } from './heartbeat.ts';
import { PendingRequests, RequestFailed } from './pending-requests.ts';
import type { SocketLike, Surroundings } from './surroundings.ts';

/** Time for the server to welcome, milliseconds, the opening of the socket included unless that has a time of its own; then the attempt has failed. */
const welcomeMsMax = 10_000;
/** A server that asked for pings in a busy loop would be wrong; milliseconds, chosen. */
const pingMsMin = 500;

/** The cause of a socket's end. */
export interface SocketEnd<F extends Frames = Frames> {
  /** `no-socket`: none could be made, and `error` is what was thrown. */
  readonly why: 'closed' | 'silent' | 'timeout' | 'no-socket';
  /** The server's closing frame, if it sent one. */
  readonly closing?: F['closing'];
  /** The server's answer to the hello, if it was a refusal. */
  readonly refusal?: F['refusal'];
  /** The code and reason of the close, if the socket was closed. */
  readonly close?: { readonly code?: number; readonly reason?: string };
  readonly error?: unknown;
}

export interface SocketHandlers<F extends Frames> {
  onWelcome(welcome: F['welcome']): void;
  /** Called with every frame that is not an answer. */
  onFrame(frame: F['frame']): void;
  /** Called with data that is no frame. */
  onNoise?(): void;
  /** Called once, when the socket has ended. Not called after `abandon` and `part`. */
  onEnd(end: SocketEnd<F>): void;
}

export interface SocketOptions<F extends Frames> {
  readonly dialect: Dialect<F>;
  readonly surroundings: Surroundings;
  readonly nextId: () => number;
  /** Time to open, milliseconds: nobody may be there to answer, and the next socket finds who came back meanwhile. */
  readonly openMs?: number | undefined;
  /** The client's own pace of pings, milliseconds, where the server's is not faster. */
  readonly pingMs?: number | undefined;
  /** Time for the answer to a request, milliseconds; without it there is no end to it but the socket's. */
  readonly answerMs?: number | undefined;
}

/** The way in which a client says goodbye. */
export interface Parting<F extends Frames> {
  readonly goodbye: F['goodbye'];
  /** Time for the server to close first, milliseconds. */
  readonly closeMs?: number;
  /** A hello is under way: its welcome is waited for and answered with the goodbye, so that the server hears more than silence. */
  readonly atWelcome?: boolean;
}

/** One WebSocket from hello to close: ids of requests, heartbeats, and the deadline after which it counts as dead. */
export class Socket<F extends Frames> {
  readonly #pending: PendingRequests<F['ok']>;
  readonly #heartbeat: Heartbeat;
  #socket: SocketLike | undefined;
  #phase: 'greeting' | 'welcomed' | 'parting' | 'ended' = 'greeting';
  #cancelTimer: () => void = () => undefined;
  /** The goodbye that answers a welcome which comes after the client has left. */
  #atWelcome: F['goodbye'] | undefined;
  #onGone: (() => void) | undefined;

  /** Opens a socket and says hello, as it is once the socket is open; what comes of it the handlers hear, never before this returns. */
  constructor(
    url: string,
    hello: () => F['hello'],
    private readonly handlers: SocketHandlers<F>,
    private readonly options: SocketOptions<F>,
  ) {
    const { surroundings } = options;
    this.#pending = new PendingRequests(surroundings);
    this.#heartbeat = new Heartbeat(surroundings, {
      onPing: () => this.#send({ type: 'ping' }),
      onSilence: () => this.#end({ why: 'silent' }),
    });
    try {
      this.#open(surroundings.openSocket(url), hello);
    } catch (error) {
      this.#setTimer(0, () => this.#end({ why: 'no-socket', error }));
    }
  }

  get isWelcomed(): boolean {
    return this.#phase === 'welcomed';
  }

  /** Resolves with the server's `ok`; rejects RequestFailed. `endless`: the answer may take any time. */
  request(body: F['request'], endless = false): Promise<F['ok']> {
    if (!this.isWelcomed) return Promise.reject(new RequestFailed({ why: 'lost' }));
    const { dialect, nextId, answerMs } = this.options;
    const id = nextId();
    const text = JSON.stringify({ ...body, id });
    if (isLongerThan(text, dialect.frameBytesMax))
      return Promise.reject(new RequestFailed({ why: 'refused', ...dialect.refuseLong(body) }));
    const answer = this.#pending.wait(id, endless ? undefined : answerMs);
    this.#sendText(text);
    return answer;
  }

  /** Says goodbye, and closes without a word to the handlers. Resolves when nothing more is waited for that the caller cares about. */
  part({ goodbye, closeMs = 0, atWelcome = false }: Parting<F>): Promise<void> {
    if (this.isWelcomed) {
      this.#send(goodbye);
      if (closeMs === 0) this.#finish();
      else {
        this.#phase = 'parting';
        this.#heartbeat.stop();
        this.#pending.lose();
        this.#setTimer(closeMs, () => this.#finish());
        return new Promise((resolve) => {
          this.#onGone = resolve;
        });
      }
    } else if (this.#phase === 'greeting' && atWelcome && this.#socket?.readyState === 1) {
      this.#phase = 'parting';
      this.#atWelcome = goodbye;
      this.#setTimer(welcomeMsMax, () => this.#finish());
    } else this.#finish();
    return Promise.resolve();
  }

  /** Closes without a word to the server or the handlers. */
  abandon(): void {
    this.#finish();
  }

  #open(socket: SocketLike, hello: () => F['hello']): void {
    this.#socket = socket;
    const { openMs = welcomeMsMax } = this.options;
    const giveUp = (): void => this.#end({ why: 'timeout' });
    socket.onopen = () => {
      if (openMs < welcomeMsMax) this.#setTimer(welcomeMsMax, giveUp);
      this.#send(hello());
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = (close) => this.#end({ why: 'closed', close });
    // The close event that follows reports the failure; without a listener for errors the package ws would throw.
    socket.onerror = () => undefined;
    this.#setTimer(openMs, giveUp);
  }

  #receive(data: unknown): void {
    this.#heartbeat.heard();
    const frame = parseFrame(data);
    if (!frame) {
      this.handlers.onNoise?.();
      return;
    }
    // The remaining fields of a frame are not checked: clients take frames of later versions, too.
    switch (frame.type) {
      case 'welcome':
        this.#welcome(frame as never);
        return;
      case 'pong':
        return;
      case 'ok':
        this.#pending.answer(frame as never);
        return;
      case 'closing':
        this.#end({ why: 'closed', closing: frame as never });
        return;
      case this.options.dialect.refusalType:
        this.#refused(frame as never);
        return;
      default:
        if (this.#phase !== 'parting') this.handlers.onFrame(frame as never);
    }
  }

  #welcome(welcome: F['welcome']): void {
    if (this.#atWelcome) {
      this.#send(this.#atWelcome);
      this.#finish();
    }
    if (this.#phase !== 'greeting') return;
    this.#phase = 'welcomed';
    this.#cancelTimer();
    const pingMs = Math.max(pingMsMin, Math.min(welcome.pingMs, this.options.pingMs ?? welcome.pingMs));
    this.#heartbeat.start(pingMs, pongMsMax(welcome, pingMs));
    this.handlers.onWelcome(welcome);
  }

  #refused(refusal: F['refusal']): void {
    if (this.#pending.refuse(refusal)) return;
    if (this.#phase === 'greeting' || this.#atWelcome) this.#end({ why: 'closed', refusal });
    else if (this.isWelcomed) this.handlers.onFrame(refusal);
  }

  #setTimer(ms: number, act: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = deadline(this.options.surroundings, ms, act);
  }

  #send(frame: object): void {
    this.#sendText(JSON.stringify(frame));
  }

  /** What is said to a socket that is closing is lost; whoever waits for an answer is told so by its close, which follows. */
  #sendText(text: string): void {
    if (this.#socket?.readyState === 1) this.#socket.send(text);
  }

  #end(end: SocketEnd<F>): void {
    const isHeard = this.#phase === 'greeting' || this.#phase === 'welcomed';
    this.#finish();
    if (isHeard) this.handlers.onEnd(end);
  }

  #finish(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#cancelTimer();
    this.#heartbeat.stop();
    const socket = this.#socket;
    if (socket) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      if (socket.readyState < 2) socket.close(1000);
    }
    this.#pending.lose();
    this.#onGone?.();
  }
}
