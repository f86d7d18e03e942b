import type { BackoffOptions } from '@housecount/link';
import type { ClientConfig, RetryConfiguration, TurnServerConfig } from '../api/configurations.ts';
import { failure } from '../errors.ts';
import { addressOf, serverUrl } from '../settings.ts';

/** How attempts follow each other, and how many there are after the first. */
export interface RetryPlan {
  readonly backoff: BackoffOptions;
  readonly retriesMax: number;
}

/** The way of a client's media to the server, beside what the server says. It is read for each session. */
export interface MediaWay {
  readonly iceServers: readonly RTCIceServer[];
  /** True: media goes over a relay or not at all. */
  readonly isRelayOnly: boolean;
  readonly retry?: RetryPlan | undefined;
}

/** The ports of TURN where a configuration names none (RFC 8656). */
const turnPort = 3478;

/** What a client's configuration says about the way to the server; each setting holds for what is opened from then on. */
export class ClientNetwork implements MediaWay {
  readonly linkRetry: RetryPlan | undefined;
  /** Of media's requests. */
  readonly retry: RetryPlan | undefined;
  #proxy: string | undefined;
  #turnServers: readonly TurnServerConfig[] = [];

  /** INVALID_PARAMS for a plan of retries, an address or a TURN server that is none. */
  constructor(config: Partial<ClientConfig> = {}) {
    const { proxyServer, turnServer, httpRetryConfig, websocketRetryConfig } = config;
    this.linkRetry = planOf(websocketRetryConfig);
    this.retry = planOf(httpRetryConfig);
    if (proxyServer !== undefined) this.setProxyServer(proxyServer);
    if (turnServer !== undefined) this.setTurnServer(turnServer);
  }

  /** The address at which this client reaches the server. */
  get server(): string {
    return this.#proxy ?? serverUrl();
  }

  /** True if the app wants media to go over its TURN server alone. */
  get isRelayOnly(): boolean {
    return this.#turnServers.some(({ forceturn }) => forceturn === true);
  }

  /** The app's own TURN servers, as browsers take them. */
  get iceServers(): readonly RTCIceServer[] {
    return this.#turnServers.map(({ username, password, ...server }) => ({
      urls: turnUrls(server),
      username,
      credential: password,
    }));
  }

  /** A name of the server's, or a whole address; without a scheme it is reached over HTTPS. */
  setProxyServer(address: string): void {
    const whole = typeof address === 'string' && /^\w+:\/\//.test(address) ? address : `https://${address}`;
    const found = typeof address === 'string' && address !== '' ? addressOf(whole) : undefined;
    if (!found) throw failure('INVALID_PARAMS', `${address} is not the address of a server`);
    this.#proxy = found;
  }

  setTurnServer(server: TurnServerConfig | readonly TurnServerConfig[]): void {
    const servers = Array.isArray(server) ? server : [server];
    for (const each of servers as readonly Partial<TurnServerConfig>[])
      for (const name of ['turnServerURL', 'username', 'password'] as const)
        if (typeof each?.[name] !== 'string' || each[name] === '')
          throw failure('INVALID_PARAMS', `a TURN server needs ${name}`);
    this.#turnServers = servers;
  }
}

type TurnAddress = Omit<TurnServerConfig, 'username' | 'password'>;

function turnUrls({ turnServerURL, udpport, tcpport, security = false }: TurnAddress): string[] {
  // A whole URL says all by itself.
  if (/^turns?:/.test(turnServerURL)) return [turnServerURL];
  const isOpen = udpport === undefined && tcpport === undefined;
  const [udp, tcp] = isOpen && !security ? [turnPort, turnPort] : [udpport, tcpport];
  const scheme = security ? 'turns' : 'turn';
  return [
    ...(udp === undefined ? [] : [`turn:${turnServerURL}:${udp}?transport=udp`]),
    ...(tcp === undefined ? [] : [`${scheme}:${turnServerURL}:${tcp}?transport=tcp`]),
    ...(isOpen && security ? [`turns:${turnServerURL}?transport=tcp`] : []),
  ];
}

function planOf(retry: RetryConfiguration | undefined): RetryPlan | undefined {
  if (retry === undefined) return undefined;
  const { timeout, timeoutFactor, maxRetryCount, maxRetryTimeout } = retry;
  for (const [name, value, least] of [
    ['timeout', timeout, 0],
    ['timeoutFactor', timeoutFactor, 1],
    ['maxRetryCount', maxRetryCount, 0],
    ['maxRetryTimeout', maxRetryTimeout, 0],
  ] as const)
    if (typeof value !== 'number' || !(value >= least))
      throw failure(
        'INVALID_PARAMS',
        `${name} of a retry configuration must be a number of at least ${least}`,
      );
  const backoff = { firstMs: timeout, mostMs: maxRetryTimeout, factor: timeoutFactor };
  return { backoff, retriesMax: maxRetryCount };
}
