import { getParameter } from './settings.ts';

/** The part of a WebSocket that is used: of browsers, of Node 22 and later, and of the npm package `ws`. */
export interface SocketLike {
  readonly readyState: number;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: { data: unknown } & never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(text: string): void;
  close(code?: number): void;
}

/** Time, chance and the network, as the SDK sees them; tests put their own in place. */
export interface Environment {
  /** Epoch milliseconds: of what happened, never how long ago, for the clock may be set. */
  nowMs(): number;
  /** Milliseconds since some moment, which no setting of the clock changes. */
  passedMs(): number;
  /** Calls `act` once after `ms` milliseconds, however many those are; the function returned cancels it. */
  after(ms: number, act: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
  /** Opens a socket; throws if there is no WebSocket here. */
  openSocket(url: string): SocketLike;
}

/** The longest wait that a timer can be given, milliseconds; a longer one would end at once. */
const timerMsMax = 2 ** 31 - 1;

const real: Environment = {
  nowMs: () => Date.now(),
  passedMs: () => performance.now(),
  after: (ms, act) => {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (leftMs: number): void => {
      const partMs = Math.min(leftMs, timerMsMax);
      timer = setTimeout(() => (leftMs > partMs ? wait(leftMs - partMs) : act()), partMs);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
  openSocket: (url) => {
    const given = getParameter('HOUSECOUNT_WEBSOCKET') as (new (url: string) => SocketLike) | undefined;
    const Constructor = given ?? (globalThis.WebSocket as unknown as new (url: string) => SocketLike);
    if (typeof Constructor !== 'function')
      throw new TypeError(
        "There is no WebSocket here: call AgoraRTM.setParameter('HOUSECOUNT_WEBSOCKET', WebSocket) with one, such as that of the package ws",
      );
    return new Constructor(url);
  },
};

export let environment: Environment = real;

/** @internal Puts another environment in place until the function returned is called. */
export function replaceEnvironment(next: Environment): () => void {
  environment = next;
  return () => {
    environment = real;
  };
}
