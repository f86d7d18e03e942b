import { realSurroundings, type SocketLike, type Surroundings, stampMs } from '@housecount/link';
import { getParameter } from './settings.ts';

/** Time, chance and the network, as the SDK sees them; tests put their own in place. */
export interface Environment extends Surroundings {
  /** Epoch milliseconds: of what happened, never how long ago, for the clock may be set. */
  nowMs(): number;
}

const real: Environment = {
  ...realSurroundings,
  nowMs: stampMs,
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

/** The environment that there is at each call. */
export const surroundings: Surroundings = {
  passedMs: () => environment.passedMs(),
  after: (ms, act) => environment.after(ms, act),
  random: () => environment.random(),
  openSocket: (url) => environment.openSocket(url),
};

/** @internal Puts another environment in place until the function returned is called. */
export function replaceEnvironment(next: Environment): () => void {
  environment = next;
  return () => {
    environment = real;
  };
}
