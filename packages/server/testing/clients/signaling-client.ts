import type { SignalingLogin, SignalingServerFrame } from '@housecount/protocol';
import { buildSignalingToken } from '../../src/token/build.ts';
import { testApp } from '../processes/server-process.ts';

type FrameOf<Type extends SignalingServerFrame['type']> = Extract<SignalingServerFrame, { type: Type }>;

/** A client as small as the protocol allows, for whole-server tests: says login, keeps every frame. */
export class SignalingClient {
  readonly frames: SignalingServerFrame[] = [];
  closed: { code: number; reason: string } | undefined;
  /** Hears each frame as it comes. */
  onFrame: (frame: SignalingServerFrame) => void = () => undefined;
  readonly #socket: Bun.WebSocket;
  readonly #waiting = new Set<() => void>();
  #id = 0;

  private constructor(url: string, login: object | undefined, headers: Record<string, string> = {}) {
    // The runtime's WebSocket takes headers, which the types of browsers do not know.
    const Headed = WebSocket as unknown as new (
      url: string,
      options: { headers: Record<string, string> },
    ) => Bun.WebSocket;
    this.#socket = new Headed(`${url.replace('http', 'ws')}/v1/signaling`, { headers });
    this.#socket.onopen = () => login && this.send(login);
    this.#socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as SignalingServerFrame;
      this.frames.push(frame);
      this.onFrame(frame);
      this.#wake();
    };
    this.#socket.onclose = ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    };
    this.#socket.onerror = () => this.#wake();
  }

  /** Says login, with headers as a proxy or a page would send them, and does not wait for the answer. */
  static open(
    url: string,
    userId: string,
    over: Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>>,
  ): SignalingClient {
    return new SignalingClient(url, { ...loginOf(userId, {}), ...over }, { ...headers });
  }

  /** Logs in; throws with the server's frames if it is not welcome. */
  static async login(
    url: string,
    userId: string,
    over: Partial<SignalingLogin> = {},
  ): Promise<SignalingClient> {
    const client = new SignalingClient(url, loginOf(userId, over));
    await client.until('a welcome or the end', () => client.all('welcome').length > 0 || client.closed);
    if (client.all('welcome').length === 0) throw new Error(`not welcome: ${JSON.stringify(client.frames)}`);
    return client;
  }

  get welcome(): FrameOf<'welcome'> {
    const [welcome] = this.all('welcome');
    if (!welcome) throw new Error('no welcome yet');
    return welcome;
  }

  send(frame: object | string): void {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** A request, and its answer. */
  async asks(
    request: Readonly<Record<string, unknown>>,
    withinMs?: number,
  ): Promise<FrameOf<'ok'> | FrameOf<'refused'>> {
    this.#id += 1;
    const id = this.#id;
    this.send({ id, ...request });
    return this.until(
      `an answer to ${request.type}`,
      () => {
        const answer = this.frames.find(
          (frame) => (frame.type === 'ok' || frame.type === 'refused') && frame.id === id,
        );
        return answer?.type === 'ok' || answer?.type === 'refused' ? answer : undefined;
      },
      withinMs,
    );
  }

  subscribes(channel: string, over: Readonly<Record<string, unknown>> = {}) {
    return this.asks({
      type: 'subscribe',
      channelType: 'MESSAGE',
      channel,
      withMessage: true,
      withPresence: true,
      withMetadata: false,
      withLock: false,
      beQuiet: false,
      ...over,
    });
  }

  all<Type extends SignalingServerFrame['type']>(type: Type): FrameOf<Type>[] {
    return this.frames.filter((frame): frame is FrameOf<Type> => frame.type === type);
  }

  /** The presence events of a channel so far. */
  presence(channel: string) {
    return this.all('presence').flatMap((frame) => (frame.channel === channel ? [frame.event] : []));
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
        const seen = JSON.stringify(this.frames).slice(-2000);
        reject(new Error(`waited ${withinMs} ms in vain: ${what}; frames: ${seen}`));
      }, withinMs);
      this.#waiting.add(tryNow);
      tryNow();
    });
  }

  /** Drops the connection without a word. */
  drop(): void {
    this.#socket.terminate();
  }

  #wake(): void {
    for (const tryNow of [...this.#waiting]) tryNow();
  }
}

/** The first frame of a user. */
export function loginOf(userId: string, over: Partial<SignalingLogin>): SignalingLogin {
  return {
    type: 'login',
    version: 1,
    app: testApp.id,
    userId,
    token: buildSignalingToken({
      appId: testApp.id,
      certificate: testApp.certificate,
      userId,
      expireSeconds: 3600,
      issuedSeconds: Math.floor(Date.now() / 1000),
      salt: 1 + Math.floor(Math.random() * 99_999_998),
    }),
    heartbeatInterval: 5,
    presenceTimeout: 300,
    ...over,
  };
}
