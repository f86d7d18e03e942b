import type {
  LinkStateEvent,
  MessageEvent,
  PresenceEvent,
  TokenEvent,
  TopicEvent,
} from '../events/events.ts';
import type { StatusEvent } from '../events/status-event.ts';
import AgoraRTM, { type RTMClient } from '../index.ts';
import type { RTMConfig } from '../settings/config.ts';

export const app = 'a'.repeat(32);

/** For tests: a client and everything it emitted, in order. */
export interface Harness {
  readonly client: RTMClient;
  readonly links: LinkStateEvent[];
  readonly messages: MessageEvent[];
  readonly presence: PresenceEvent[];
  readonly tokens: (TokenEvent | string)[];
  readonly statuses: StatusEvent[];
  readonly topics: TopicEvent[];
  /** Each change of the link so far, as `state operation reason`, and forgets them. */
  changes(): string[];
}

export function makeClient(userId = 'ann', config: RTMConfig = {}): Harness {
  const privateConfig: RTMConfig['privateConfig'] = {
    serviceType: ['MESSAGE', 'STREAM'],
    accessPointHosts: ['http://server.test'],
  };
  const client = new AgoraRTM.RTM(app, userId, { logLevel: 'none', privateConfig, ...config });
  const links: LinkStateEvent[] = [];
  const messages: MessageEvent[] = [];
  const presence: PresenceEvent[] = [];
  const tokens: (TokenEvent | string)[] = [];
  const statuses: StatusEvent[] = [];
  const topics: TopicEvent[] = [];
  client.addEventListener('topic', (event) => topics.push(event));
  client.addEventListener('linkState', (event) => links.push(event));
  client.addEventListener('message', (event) => messages.push(event));
  client.addEventListener('presence', (event) => presence.push(event));
  client.addEventListener('token', (event) => tokens.push(event));
  client.addEventListener('tokenPrivilegeWillExpire', (channel) => tokens.push(channel));
  client.on('status', (event: StatusEvent) => statuses.push(event));
  return {
    client,
    links,
    messages,
    presence,
    tokens,
    statuses,
    topics,
    changes: () =>
      links
        .splice(0)
        .map(({ currentState, operation, reasonCode }) => `${currentState} ${operation} ${reasonCode}`),
  };
}
