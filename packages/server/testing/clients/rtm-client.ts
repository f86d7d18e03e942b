import { RtmTokenBuilder } from 'agora-token';
import AgoraRTM, { type RTMClient, type RTMConfig, type RTMEvents } from '../../../rtm/src/index.ts';
import { testApp } from '../processes/server-process.ts';

/** A client of the SDK against a real server, and everything that it told, in order. */
export interface RtmUser {
  readonly client: RTMClient;
  readonly links: RTMEvents.LinkStateEvent[];
  readonly messages: RTMEvents.MessageEvent[];
  readonly presence: RTMEvents.PresenceEvent[];
  readonly tokens: RTMEvents.TokenEvent[];
  readonly topics: RTMEvents.TopicEvent[];
  /** Presence so far, as `type who`. */
  told(): string[];
  /** Waits until `check` holds; rejects after `withinMs` with what was told. */
  until(what: string, check: () => unknown, withinMs?: number): Promise<void>;
  /** Breaks the connection without a word, as a network does. */
  breakSocket(): void;
}

const made: RTMClient[] = [];
const sockets: WebSocket[] = [];
AgoraRTM.setParameter(
  'HOUSECOUNT_WEBSOCKET',
  class extends WebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  },
);

export function rtmToken(userId: string, seconds = 3600): string {
  return RtmTokenBuilder.buildToken(testApp.id, testApp.certificate, userId, seconds);
}

export function rtmUser(url: string, userId: string, config: RTMConfig = {}): RtmUser {
  const client = new AgoraRTM.RTM(testApp.id, userId, {
    logLevel: 'none',
    privateConfig: { serviceType: ['MESSAGE', 'STREAM'], accessPointHosts: [url] },
    ...config,
  });
  made.push(client);
  const links: RTMEvents.LinkStateEvent[] = [];
  const messages: RTMEvents.MessageEvent[] = [];
  const presence: RTMEvents.PresenceEvent[] = [];
  const tokens: RTMEvents.TokenEvent[] = [];
  const topics: RTMEvents.TopicEvent[] = [];
  let socket: WebSocket | undefined;
  let wake = (): void => undefined;
  const keep =
    <T>(list: T[]) =>
    (event: T): void => {
      list.push(event);
      wake();
    };
  client.addEventListener('linkState', keep(links));
  client.addEventListener('linkState', ({ currentState }) => {
    if (currentState === 'CONNECTING') queueMicrotask(() => (socket = sockets.at(-1)));
  });
  client.addEventListener('message', keep(messages));
  client.addEventListener('presence', keep(presence));
  client.addEventListener('token', keep(tokens));
  client.addEventListener('topic', keep(topics));
  const told = (): string[] => presence.map(({ eventType, publisher }) => `${eventType} ${publisher}`.trim());
  return {
    client,
    links,
    messages,
    presence,
    tokens,
    topics,
    told,
    async until(what, check, withinMs = 30_000) {
      const endMs = performance.now() + withinMs;
      while (!check()) {
        const leftMs = endMs - performance.now();
        if (leftMs <= 0)
          throw new Error(
            `${userId} has not seen ${what}: ${told().join(', ')}; ${links.map((each) => `${each.currentState} ${each.reasonCode}`).join(', ')}`,
          );
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, leftMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    breakSocket: () => socket?.close(4999),
  };
}

/** Logs everybody out. */
export async function logoutAll(): Promise<void> {
  await Promise.all(made.splice(0).map((client) => client.logout()));
}
