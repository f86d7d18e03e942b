import type { CommunicationEvents, Profile } from '@housecount/protocol';
import type { Customer } from '../api/access/customer.ts';
import type { Network } from '../net/address/network.ts';
import type { Endpoint } from '../notify/endpoint/endpoint.ts';
import type { IceServerSetting } from '../token/ice-servers.ts';
import type { OpenTo } from '../token/verify.ts';
import type { AppLimits, Limits } from './limit-settings.ts';

/** The whole configuration, checked and with defaults filled in (load.ts makes it). */
export interface Config {
  readonly listen: {
    readonly host: string;
    /** 0 picks a free port. */
    readonly port: number;
    readonly tls?: { readonly cert: string; readonly key: string } | { readonly selfSigned: true };
    /** Peers whose word is taken for who their clients are; nobody's, unless told. */
    readonly trustedProxies: readonly Network[];
    /** The header that these write. */
    readonly forwardedHeader: 'auto' | 'x-forwarded-for' | 'forwarded';
    /** Path below which proxies offer the server, without a slash at the end: `/hc`. Empty: not told; `/`: the root. */
    readonly basePath: string;
    /** WebSockets, in all and from one address. */
    readonly socketsMax: number;
    readonly socketsPerAddressMax: number;
    /** HTTP requests being answered, in all and from one address. */
    readonly requestsMax: number;
    readonly requestsPerAddressMax: number;
  };
  /** Path of the file that it was read from; absent if there was none. */
  readonly file?: string;
  readonly dataDir: string;
  readonly engine: 'embedded';
  readonly apps: readonly AppConfig[];
  readonly customers: readonly Customer[];
  readonly endpoints: readonly EndpointConfig[];
  /** Private networks that endpoints made over REST and the console may reach. */
  readonly endpointNetworks: readonly Network[];
  /** Networks that may read /metrics, and why the server is not ready, without a login; this machine may, too. */
  readonly observeNetworks: readonly Network[];
  /** The limits of what is kept for endpoints that are behind: by the log, and beside it for each app. Events beyond it are lost to them. */
  readonly retention: { readonly hours: number; readonly bytes: number; readonly bytesPerApp: number };
  /** Days for which it is remembered who had which uid. */
  readonly accounts: { readonly days: number };
  /** The rates of one client, per second, of which a burst may come at once; and the limits of limit-settings.ts. */
  readonly limits: { readonly joinsPerAddress: number; readonly joinsPerToken: number } & Limits;
  readonly leases: { readonly rtcMs: number; readonly signalingMs: number; readonly recoveryMs: number };
  readonly media: {
    readonly engine: 'embedded';
    readonly udpPort: number;
    /** Of media over TCP; 0: none. */
    readonly tcpPort: number;
    readonly announcedAddress: string;
    /** WHIP and WHEP sessions of one app. */
    readonly sessionsPerAppMax: number;
    readonly iceServers: readonly IceServerSetting[];
  };
  /** Lines on stderr: from this level on; `auto` is pretty on a terminal and JSON elsewhere. */
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    readonly format: 'auto' | 'json' | 'pretty';
  };
  /** No file was given: the fixed development app, no login needed on loopback, demo tokens served. */
  readonly development: boolean;
}

export interface AppConfig {
  /** 32 hex. */
  readonly id: string;
  /** Absent: an app without tokens ("App ID only"). */
  readonly certificate?: string;
  readonly secondaryCertificate?: string;
  /** The clients that an app without certificate admits. */
  readonly openTo: OpenTo;
  readonly bindSignaling: boolean;
  /** Members of live channels are linked to signaling users whom their page proves, or their token names. */
  readonly linkIdentities: boolean;
  readonly signaling: SignalingConfig;
  readonly communicationEvents: CommunicationEvents;
  /** The members who may follow the roster over WebSocket: everyone in the channel, or its broadcasters only. Its counts are for everyone. */
  readonly rosterVisibleTo: 'everyone' | 'broadcasters';
  /** Publishing needs the publish privilege in the token (Agora's co-host authentication). */
  readonly coHostAuthentication: boolean;
  /** Limits of its own, in place of those for every app. */
  readonly limits: AppLimits;
  /** Profiles that are not for clients to choose, by pattern of channel names (`*` stands for any characters): the first that fits counts. */
  readonly profiles: readonly { readonly channels: string; readonly profile: Profile }[];
}

/** The settings of how signaling tells who is there (spec: signaling section 3). */
export interface SignalingConfig {
  /** The number of users in a channel from which on changes are told together. */
  readonly announceMax: number;
  /** The interval at which they are told then, milliseconds. */
  readonly intervalMs: number;
  /** The debounce of leaves, milliseconds: a user who is back within it was never away. */
  readonly debounceMs: number;
  /** The lease of a lost client: `leases.signalingMs`, or as its own settings say (15 s to 35 min). */
  readonly lease: 'server' | 'client';
  /** Days for which messages stay in the history, if their publisher wants that; 0: the app has none. */
  readonly historyDays: number;
}

/** An endpoint of the configuration file; more are managed over REST and the console. */
export interface EndpointConfig extends Endpoint {
  /** True when the endpoint may start without having passed its health test: the default, so that a server starts without its receivers. */
  readonly skipHealthTest: boolean;
}
