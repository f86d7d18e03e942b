import { after, passedMs, startTicking } from '@housecount/link';
import {
  type ClientFrame,
  type Code,
  codeOfClose,
  codes,
  type HelloFrame,
  HousecountError,
  pongMsMax,
  type RuleScope,
  type ServerFrame,
  type WelcomeFrame,
} from '@housecount/protocol';
import { aborted } from '../errors.ts';
import { log } from '../log.ts';

/** Time for the server to welcome, milliseconds, the opening of the socket included unless that has a time of its own; then the attempt has failed. */
const welcomeMs = 10_000;

/** Why a socket is no more. Without a code it was the network. */
export interface SocketEnd {
  readonly code?: Code;
  readonly message: string;
  readonly retry: boolean;
  readonly retryAfterMs?: number;
  /** Of a kick or a ban: what the rule is about. */
  readonly scope?: RuleScope;
}

/** An attempt that did not end in a welcome, or a request whose socket went away. */
export class SocketEnded extends Error {
  override readonly name = 'SocketEnded';
  constructor(readonly end: SocketEnd) {
    super(end.message);
  }
}

/** A frame that is answered by `ok` or `error`, before it has its id. */
export type RequestBody = ClientFrame extends infer F
  ? F extends { readonly id: number }
    ? Omit<F, 'id'>
    : never
  : never;

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface SocketHandlers {
  onFrame(frame: ServerFrame): void;
  /** Called once, after a welcome, when the socket is no more. Not after `abandon`. */
  onEnd(end: SocketEnd): void;
}

/** One WebSocket from hello to close: request ids, pings, and the moment it must be held for dead. */
export class Socket {
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #welcome: ((welcome: WelcomeFrame) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #closing: SocketEnd | undefined;
  #ended = false;
  #stopTicking: (() => void) | undefined;
  #sentAtMs = 0;
  #pingedAtMs: number | undefined;

  private constructor(
    private readonly socket: WebSocket,
    private readonly handlers: SocketHandlers,
  ) {
    socket.onmessage = (message) => this.#receive(message.data);
    socket.onclose = (event) => this.#end(endOfClose(event, this.#closing));
  }

  /**
   * Opens a socket and says hello. Resolves at the welcome; rejects SocketEnded, or OPERATION_ABORTED by the signal. A socket that is not
   * open after `openMs` milliseconds is given up: nobody may be there to answer it, and the next one finds who came back meanwhile.
   */
  static connect(
    url: string,
    hello: HelloFrame,
    handlers: SocketHandlers,
    { signal, openMs = welcomeMs }: { readonly signal: AbortSignal; readonly openMs?: number | undefined },
  ): Promise<{ socket: Socket; welcome: WelcomeFrame }> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(aborted());
      const socket = new Socket(new WebSocket(url), handlers);
      const settle = (): void => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        socket.#welcome = undefined;
        socket.#failed = undefined;
      };
      const fail = (error: Error): void => {
        settle();
        socket.abandon();
        reject(error);
      };
      const onAbort = (): void => {
        settle();
        reject(aborted());
        socket.#partAtWelcome();
      };
      const giveUp = (): void =>
        fail(new SocketEnded({ message: 'The server did not answer in time.', retry: true }));
      let cancel = after(openMs, giveUp);
      signal.addEventListener('abort', onAbort, { once: true });
      socket.#failed = fail;
      socket.#welcome = (welcome) => {
        settle();
        socket.#startPinging(welcome);
        resolve({ socket, welcome });
      };
      socket.socket.onopen = () => {
        if (openMs < welcomeMs) {
          cancel();
          cancel = after(welcomeMs, giveUp);
        }
        socket.send(hello);
      };
    });
  }

  /** Sends a frame that has no answer; nothing happens on a socket that is no more. */
  send(frame: ClientFrame): void {
    if (this.socket.readyState !== 1) return;
    this.socket.send(JSON.stringify(frame));
    this.#sentAtMs = passedMs();
  }

  /** Resolves at `ok`; rejects HousecountError with the server's code, or SocketEnded if the socket went away before. */
  request(body: RequestBody): Promise<void> {
    if (this.#ended)
      return Promise.reject(new SocketEnded({ message: 'The socket is closed.', retry: true }));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.send({ ...body, id } as ClientFrame);
    });
  }

  /** Closes without a word to the handlers. */
  abandon(): void {
    this.#finish({ message: 'The socket was closed.', retry: true });
    this.socket.onopen = null;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close(1000);
  }

  /** Nobody wants the welcome any more, but the server may be about to give it: then it hears a goodbye, not just silence. */
  #partAtWelcome(): void {
    if (this.socket.readyState !== 1) {
      this.abandon();
      return;
    }
    const cancel = after(welcomeMs, () => this.abandon());
    const over = (): void => {
      cancel();
      this.abandon();
    };
    this.#failed = over;
    this.#welcome = () => {
      this.send({ type: 'bye' });
      over();
    };
  }

  #receive(data: unknown): void {
    this.#pingedAtMs = undefined;
    const frame = parse(data);
    if (frame) this.#take(frame);
    else log.warn('the server sent what is not a frame');
  }

  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.#welcome?.(frame);
        return;
      case 'pong':
        return;
      case 'ok':
        this.#pending.get(frame.id)?.resolve();
        this.#pending.delete(frame.id);
        return;
      case 'error':
        this.#refuse(frame.id, frame.code, frame.message);
        return;
      case 'closing':
        this.#closing = frame;
        return;
      default:
        this.handlers.onFrame(frame);
    }
  }

  #refuse(id: number | undefined, code: Code, message: string): void {
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id !== undefined) this.#pending.delete(id);
    if (pending) pending.reject(new HousecountError(code, message));
    else if (this.#failed)
      this.#failed(new SocketEnded({ code, message, retry: codes[code]?.retry ?? false }));
    else log.warn(`the server refused a frame: ${code}`, message);
  }

  #startPinging(welcome: WelcomeFrame): void {
    const { pingMs } = welcome;
    const pongMs = pongMsMax(welcome, pingMs);
    this.#stopTicking = startTicking(() => {
      const nowMs = passedMs();
      if (this.#pingedAtMs !== undefined && nowMs - this.#pingedAtMs > pongMs) {
        this.#end({ message: 'The server has gone silent.', retry: true });
        this.abandon();
      } else if (this.#pingedAtMs === undefined && nowMs - this.#sentAtMs >= pingMs) {
        this.#pingedAtMs = nowMs;
        this.send({ type: 'ping' });
      }
    });
  }

  #end(end: SocketEnd): void {
    if (this.#ended) return;
    const failed = this.#failed;
    this.#finish(end);
    if (failed) failed(new SocketEnded(end));
    else this.handlers.onEnd(end);
  }

  #finish(end: SocketEnd): void {
    this.#ended = true;
    this.#stopTicking?.();
    for (const pending of this.#pending.values()) pending.reject(new SocketEnded(end));
    this.#pending.clear();
  }
}

function parse(data: unknown): ServerFrame | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string')
      return value as ServerFrame;
  } catch {
    // Reported by the caller, as every other thing that is no frame.
  }
  return undefined;
}

function endOfClose(event: CloseEvent, closing: SocketEnd | undefined): SocketEnd {
  if (closing) return closing;
  const code = codeOfClose(event.code);
  if (code) return { code, message: event.reason || codes[code].message, retry: codes[code].retry };
  return { message: `The connection was lost (${event.code}).`, retry: true };
}
