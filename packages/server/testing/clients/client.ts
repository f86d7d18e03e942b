import type { HelloFrame, ServerFrame, WelcomeFrame } from '@housecount/protocol';
import { buildRtcToken } from '../../src/token/build.ts';
import { testApp } from '../processes/server-process.ts';

export interface ClientOptions {
  readonly url: string;
  readonly channel: string;
  readonly uid?: number;
  readonly account?: string;
  readonly role?: 'broadcaster' | 'audience';
  readonly resume?: string;
  /** Sent with the upgrade, as a proxy would. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The authority for `https:` addresses whose certificate the test made. */
  readonly tls?: { readonly ca: string };
  /** Fields that take the place of the usual hello's. */
  readonly hello?: Readonly<Record<string, unknown>>;
}

/**
 * A client as small as the protocol allows, for whole-server tests: says hello, keeps every frame, answers nothing
 * (the runtime answers protocol pings).
 */
export class Client {
  readonly frames: ServerFrame[] = [];
  readonly #socket: Bun.WebSocket;
  readonly #waiting = new Set<() => void>();
  closed: { code: number; reason: string } | undefined;
  welcome: WelcomeFrame | undefined;

  private constructor(options: ClientOptions) {
    // The runtime's WebSocket takes headers, which the types of browsers do not know.
    const Headed = WebSocket as unknown as new (
      url: string,
      options: { headers: Record<string, string>; tls?: { readonly ca: string } },
    ) => Bun.WebSocket;
    this.#socket = new Headed(`${options.url.replace('http', 'ws')}/v1/connect`, {
      headers: { ...options.headers },
      ...(options.tls && { tls: options.tls }),
    });
    this.#socket.onopen = () => this.send({ ...helloOf(options), ...options.hello });
    this.#socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as ServerFrame;
      this.frames.push(frame);
      if (frame.type === 'welcome') this.welcome = frame;
      this.#wake();
    };
    this.#socket.onclose = ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    };
    this.#socket.onerror = () => this.#wake();
  }

  /** Opens a socket and says hello; does not wait for the answer. */
  static open(options: ClientOptions): Client {
    return new Client(options);
  }

  /** Joins; throws with the server's frames if it is not welcome. */
  static async join(options: ClientOptions, withinMs = 30_000): Promise<Client & { welcome: WelcomeFrame }> {
    const client = new Client(options);
    await client.until('a welcome or the end', () => client.welcome !== undefined || client.closed, withinMs);
    if (!client.welcome)
      throw new Error(`not welcome: ${JSON.stringify(client.frames)} ${client.closed?.code}`);
    return client as Client & { welcome: WelcomeFrame };
  }

  send(frame: object | string): void {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Frames of one type so far. */
  all<Type extends ServerFrame['type']>(type: Type): Extract<ServerFrame, { type: Type }>[] {
    return this.frames.filter((frame): frame is Extract<ServerFrame, { type: Type }> => frame.type === type);
  }

  /** Waits for the first frame of a type, past or to come. */
  async next<Type extends ServerFrame['type']>(type: Type, withinMs = 30_000) {
    return this.until(`a ${type} frame`, () => this.all(type)[0], withinMs);
  }

  /** Waits until the check, made after each frame and at the end, gives something. */
  until<T>(what: string, check: () => T | undefined | false, withinMs = 30_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const tryNow = () => {
        const value = check();
        if (value === undefined || value === false) return;
        clearTimeout(timer);
        this.#waiting.delete(tryNow);
        resolve(value);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(tryNow);
        reject(
          new Error(
            `waited ${withinMs} ms in vain: ${what}; frames: ${JSON.stringify(this.frames).slice(-2000)}`,
          ),
        );
      }, withinMs);
      this.#waiting.add(tryNow);
      tryNow();
    });
  }

  /** Says goodbye and waits for the end. */
  async leave(): Promise<void> {
    this.send({ type: 'bye' });
    await this.until('the end', () => this.closed);
  }

  /** Drops the connection without a word. */
  drop(): void {
    this.#socket.terminate();
  }

  #wake(): void {
    for (const tryNow of [...this.#waiting]) tryNow();
  }
}

/** A token for this identity and channel, good for an hour. */
export function tokenFor(
  channel: string,
  identity: { readonly uid: number } | { readonly account: string },
  role: 'broadcaster' | 'audience' = 'broadcaster',
  app: { readonly id: string; readonly certificate: string } = testApp,
): string {
  return buildRtcToken({
    appId: app.id,
    certificate: app.certificate,
    channel,
    identity,
    role,
    expireSeconds: 3600,
    issuedSeconds: Math.floor(Date.now() / 1000),
    salt: 1 + Math.floor(Math.random() * 99_999_998),
  });
}

function helloOf({ channel, uid, account, role, resume }: ClientOptions): HelloFrame {
  return {
    type: 'hello',
    version: 1,
    app: testApp.id,
    channel,
    token: tokenFor(channel, account === undefined ? { uid: uid ?? 0 } : { account }),
    ...(uid !== undefined && { uid }),
    ...(account !== undefined && { account }),
    role: role ?? 'audience',
    platform: 7,
    ...(resume !== undefined && { resume }),
  };
}
