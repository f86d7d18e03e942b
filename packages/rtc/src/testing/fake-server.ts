import {
  type ClientFrame,
  type HelloFrame,
  parseClientFrame,
  type ServerFrame,
  type WelcomeFrame,
} from '@housecount/protocol';

/** For tests: a server in memory behind a fake WebSocket. It reads frames as strictly as the real one. */
export class FakeServer {
  /** Every hello that came, in order. */
  readonly hellos: HelloFrame[] = [];
  /** Every other frame. */
  readonly frames: ClientFrame[] = [];
  readonly sockets: FakeSocket[] = [];
  /** Sockets fail to open while true. */
  down = false;
  /** Pings get no answer while true. */
  mute = false;
  /** Answers a hello; by default with `welcome`. */
  onHello: (hello: HelloFrame, socket: FakeSocket) => void = (hello, socket) =>
    socket.tell(
      welcome({ ...identityOf(hello), resumed: hello.resume !== undefined, role: hello.role ?? 'audience' }),
    );
  /** Answers a request; by default with `ok`. */
  onRequest: (frame: ClientFrame & { id: number }, socket: FakeSocket) => void = (frame, socket) =>
    socket.tell({ type: 'ok', id: frame.id });
  readonly #before = globalThis.WebSocket;

  /** Takes the place of the global WebSocket until `restore`. */
  install(): this {
    const server = this;
    globalThis.WebSocket = class {
      constructor(readonly url: string) {
        // biome-ignore lint/correctness/noConstructorReturn: the fake stands in for the browser's own class.
        return new FakeSocket(server) as unknown as WebSocket;
      }
    } as unknown as typeof WebSocket;
    return this;
  }

  restore(): void {
    globalThis.WebSocket = this.#before;
    for (const socket of this.sockets) socket.drop();
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nobody has connected');
    return socket;
  }

  /** The frames of one type, in order. */
  of<T extends ClientFrame['type']>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.frames.filter((frame): frame is Extract<ClientFrame, { type: T }> => frame.type === type);
  }

  take(socket: FakeSocket, text: string): void {
    const parsed = parseClientFrame(text);
    if (!parsed.ok) throw new Error(`the SDK sent what no server takes: ${text} (${parsed.detail})`);
    const { frame } = parsed;
    if (frame.type === 'hello') {
      this.hellos.push(frame);
      this.onHello(frame, socket);
      return;
    }
    this.frames.push(frame);
    if (frame.type === 'ping') {
      if (!this.mute) socket.tell({ type: 'pong' });
    } else if (frame.type !== 'bye') this.onRequest(frame, socket);
  }
}

/** The client's end of a connection to the fake server. */
export class FakeSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(private readonly server: FakeServer) {
    server.sockets.push(this);
    queueMicrotask(() => {
      if (server.down) this.drop();
      else if (this.readyState === 0) {
        this.readyState = 1;
        this.onopen?.();
      }
    });
  }

  send(text: string): void {
    this.server.take(this, text);
  }

  close(): void {
    this.readyState = 3;
  }

  /** The server says something. */
  tell(frame: ServerFrame): void {
    queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(frame) }));
  }

  /** The connection breaks, or the server closes it with a code. */
  drop(code = 1006): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ code, reason: '' }));
  }
}

/** A welcome of uid 7 in an empty channel, unless told otherwise. */
export function welcome(over: Partial<WelcomeFrame> = {}): WelcomeFrame {
  return {
    type: 'welcome',
    connectionId: 'c1',
    resume: 'hc1.key',
    resumed: false,
    sid: 's1',
    seq: 2,
    uid: 7,
    role: 'audience',
    profile: 'live',
    hosts: [],
    count: 1,
    nowMs: 0,
    pingMs: 3000,
    leaseMs: 10_000,
    iceServers: [],
    ...over,
  };
}

function identityOf({ uid, account }: HelloFrame): { uid?: number; account?: string } {
  return { ...(uid && { uid }), ...(account !== undefined && { account }) };
}

/** Waits until `check` holds; rejects after `deadlineMs`. */
export async function until(what: string, check: () => boolean, deadlineMs = 10_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!check()) {
    if (performance.now() > endMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The code of the exception that `promise` rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  throw new Error('it did not reject');
}
