import { passedMs } from './clock.ts';
import { afterInTime } from './ticker.ts';

/** The part of a WebSocket that is used: of browsers, of Node 22 and later, and of the npm package `ws`. */
export interface SocketLike {
  readonly readyState: number;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: { data: unknown } & never) => unknown) | null;
  onclose: ((event: { code?: number; reason?: string } & never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(text: string): void;
  close(code?: number): void;
}

/** Time, chance and the network, as a link sees them; tests put their own in place. */
export interface Surroundings {
  /** Milliseconds since some moment, which no setting of the clock changes. */
  passedMs(): number;
  /** Calls `act` once after `ms` milliseconds, however many those are, also where the page is hidden; the function returned cancels it. */
  after(ms: number, act: () => void): () => void;
  /** A random number from 0 up to 1. */
  random(): number;
  /** Opens a socket; throws if there is none to be had here. */
  openSocket(url: string): SocketLike;
}

/** The surroundings of this page or process. */
export const realSurroundings: Surroundings = {
  passedMs,
  after: afterInTime,
  random: () => Math.random(),
  openSocket: (url) => new WebSocket(url) as SocketLike,
};
