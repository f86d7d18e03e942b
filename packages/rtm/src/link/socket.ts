import {
  pongMsMax,
  type SignalingClientFrame,
  type SignalingClosing,
  type SignalingLogin,
  type SignalingOk,
  type SignalingRequest,
  type SignalingServerFrame,
  type SignalingWelcome,
} from '@housecount/protocol';
import { environment, type SocketLike } from '../settings/environment.ts';
import { refusalOfLong } from './frame-limit.ts';
import { type RequestBody, RequestFailed } from './request.ts';
import { parseServerFrame } from './server-frame.ts';

/**
 * Time for the server to welcome, milliseconds, the opening of the socket included unless that has a time of its own; then the attempt has
 * failed. Chosen as the heartbeat's.
 */
export const welcomeMsMax = 10_000;
/** Time for the answer to a request, milliseconds. Chosen: as long as the connection may be silent. */
export const requestMsMax = 10_000;
/** Time for the server to answer a goodbye, milliseconds; then the socket is closed all the same. Chosen. */
export const goodbyeMsMax = 2_000;

/** Why a socket is no more. `closing` is what the server said last, if it did. */
export interface SocketEnd {
  readonly why: 'closed' | 'silent' | 'timeout' | 'no-socket';
  readonly closing?: SignalingClosing;
  readonly error?: unknown;
}

export interface SocketHandlers {
  onWelcome(welcome: SignalingWelcome): void;
  /** Everything that is not an answer. */
  onFrame(frame: SignalingServerFrame): void;
  /** Called once, when the socket is no more. Not after `abandon`. */
  onEnd(end: SocketEnd): void;
}

interface Pending {
  readonly resolve: (ok: SignalingOk) => void;
  readonly reject: (error: RequestFailed) => void;
  readonly cancel: () => void;
}

/** One WebSocket from login to close: ids of requests, signs of life, and the moment it must be held for dead. */
export class Socket {
  readonly #handlers: SocketHandlers;
  readonly #heartbeatMs: number;
  readonly #nextId: () => number;
  readonly #pending = new Map<number, Pending>();
  #socket: SocketLike | undefined;
  #pingMs = 0;
  /** Time for the answer to a sign of life, milliseconds; then the connection is held for dead. */
  #pongMs = 0;
  #welcomed = false;
  #closing: SignalingClosing | undefined;
  #ended = false;
  #cancelTimer: () => void = () => undefined;
  #cancelSilence: (() => void) | undefined;
  #onGone: (() => void)[] = [];

  /**
   * Opens a socket and logs in; what comes of it the handlers hear, never before this returns. A socket that is not open after `openMs`
   * milliseconds is given up: nobody may be there to answer it, and the next one finds who came back meanwhile.
   */
  constructor(
    url: string,
    login: SignalingLogin,
    handlers: SocketHandlers,
    {
      nextId,
      openMs = welcomeMsMax,
    }: { readonly nextId: () => number; readonly openMs?: number | undefined },
  ) {
    this.#nextId = nextId;
    this.#handlers = handlers;
    this.#heartbeatMs = login.heartbeatInterval * 1000;
    try {
      this.#open(environment.openSocket(url), login, openMs);
    } catch (error) {
      this.#cancelTimer = environment.after(0, () => this.#end({ why: 'no-socket', error }));
    }
  }

  /** Resolves with the server's `ok`; rejects RequestFailed. `endless`: the answer may take any time. */
  request(body: RequestBody, endless = false): Promise<SignalingOk> {
    if (this.#ended || !this.#welcomed) return Promise.reject(new RequestFailed({ why: 'lost' }));
    const id = this.#nextId();
    const text = JSON.stringify({ ...body, id } as SignalingRequest);
    const tooLong = refusalOfLong(text, body);
    if (tooLong) return Promise.reject(new RequestFailed(tooLong));
    return new Promise((resolve, reject) => {
      const cancel = endless
        ? () => undefined
        : environment.after(requestMsMax, () => {
            this.#pending.delete(id);
            reject(new RequestFailed({ why: 'timeout' }));
          });
      this.#pending.set(id, { resolve, reject, cancel });
      this.#sendText(text);
    });
  }

  /** Says goodbye at once, and resolves when the server has closed, or after a bounded time. */
  logout(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    if (!this.#welcomed) {
      this.abandon();
      return Promise.resolve();
    }
    this.#cancelTimer();
    this.#cancelSilence?.();
    this.#failPending();
    return new Promise((resolve) => {
      this.#onGone.push(resolve);
      this.#send({ type: 'logout' });
      this.#cancelTimer = environment.after(goodbyeMsMax, () => this.abandon());
    });
  }

  /** Closes without a word to the server or the handlers. */
  abandon(): void {
    if (this.#ended) return;
    this.#finish();
  }

  #open(socket: SocketLike, login: SignalingLogin, openMs: number): void {
    this.#socket = socket;
    const giveUp = (): void => this.#end({ why: 'timeout' });
    socket.onopen = () => {
      if (openMs < welcomeMsMax) {
        this.#cancelTimer();
        this.#cancelTimer = environment.after(welcomeMsMax, giveUp);
      }
      this.#send(login);
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => this.#end({ why: 'closed' });
    // What failed is told by the close that follows; without a listener the package ws would throw.
    socket.onerror = () => undefined;
    this.#cancelTimer = environment.after(openMs, giveUp);
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    const frame = parseServerFrame(data);
    if (!frame) return;
    // Whatever the server says is a sign of life.
    this.#cancelSilence?.();
    this.#cancelSilence = undefined;
    switch (frame.type) {
      case 'welcome':
        if (this.#welcomed) return;
        this.#welcomed = true;
        this.#pingMs = Math.max(pingMsMin, Math.min(this.#heartbeatMs, frame.pingMs));
        this.#pongMs = pongMsMax(frame, this.#pingMs);
        this.#waitToPing();
        this.#handlers.onWelcome(frame);
        return;
      case 'pong':
        return;
      case 'ok':
        this.#settle(frame.id)?.resolve(frame);
        return;
      case 'refused': {
        const { id, code, reason } = frame;
        this.#settle(id)?.reject(new RequestFailed({ why: 'refused', code, reason }));
        return;
      }
      case 'closing':
        this.#closing = frame;
        this.#end({ why: 'closed' });
        return;
      default:
        // Nobody who said goodbye wants to hear more.
        if (this.#onGone.length === 0) this.#handlers.onFrame(frame);
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.cancel();
    return pending;
  }

  /** Pings however much the server says: it wants to hear from the client, too. */
  #waitToPing(): void {
    this.#cancelTimer();
    this.#cancelTimer = environment.after(this.#pingMs, () => {
      this.#send({ type: 'ping' });
      this.#cancelSilence ??= environment.after(this.#pongMs, () => this.#end({ why: 'silent' }));
      this.#waitToPing();
    });
  }

  #send(frame: SignalingClientFrame): void {
    this.#sendText(JSON.stringify(frame));
  }

  #sendText(text: string): void {
    if (this.#socket?.readyState === 1) this.#socket.send(text);
  }

  #end(end: SocketEnd): void {
    if (this.#ended) return;
    const told = this.#onGone.length > 0;
    this.#finish();
    if (!told) this.#handlers.onEnd({ ...end, ...(this.#closing && { closing: this.#closing }) });
  }

  #finish(): void {
    this.#ended = true;
    this.#cancelTimer();
    this.#cancelSilence?.();
    const socket = this.#socket;
    if (socket) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.onerror = () => undefined;
      if (socket.readyState < 2) socket.close(1000);
    }
    this.#failPending();
    for (const gone of this.#onGone.splice(0)) gone();
  }

  #failPending(): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new RequestFailed({ why: 'lost' }));
  }
}

/** A server that asked for pings in a busy loop would be wrong; milliseconds, chosen. */
const pingMsMin = 500;
