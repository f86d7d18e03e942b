import type { Clock, Random } from '../clock.ts';
import type { Messages } from '../ledger/messages/messages.ts';
import type { Log } from '../log/contract.ts';
import type { Broadcast } from '../net/socket/socket.ts';
import type { Counter, Logger } from '../observe/contract.ts';
import type { OnRefusedLogin } from '../observe/refused-logins.ts';
import type { TokenApp } from '../token/verify.ts';
import type { SignalingConnection } from './connection.ts';
import type { LockHoldings } from './locks/lock-holdings.ts';
import type { LockWaiters } from './locks/lock-waiters.ts';
import type { TopicEvents } from './messages/topic-events.ts';
import type { Audiences } from './names/audiences.ts';
import type { PresenceSettings } from './presence/presence-channel.ts';
import type { Presences } from './presence/presences.ts';
import type { Whereabouts } from './presence/whereabouts.ts';
import type { Sessions } from './session/sessions.ts';

/** An app as signaling needs it. */
export interface SignalingApp extends TokenApp {
  /** The MESSAGE channel of a name shows the members of the live channel of that name. */
  readonly bindSignaling: boolean;
  readonly signaling: PresenceSettings & {
    /** Silence allowed for a session: the server's, or what the client's own settings say. */
    readonly lease: 'server' | 'client';
    /** For how many days messages are kept; 0: none are. */
    readonly historyDays: number;
  };
}

/** What sessions and connections share. */
export interface SignalingContext {
  readonly apps: Pick<ReadonlyMap<string, SignalingApp>, 'get'>;
  readonly log: Log;
  readonly kept: Pick<Messages, 'read'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Hears of each login that was refused. */
  readonly onRefusedLogin?: OnRefusedLogin;
  readonly broadcast: Broadcast;
  readonly presences: Presences;
  readonly whereabouts: Whereabouts;
  readonly sessions: Sessions;
  readonly audiences: Audiences;
  readonly topicEvents: TopicEvents;
  readonly waiters: LockWaiters;
  readonly holdings: LockHoldings;
  /** Signs session keys. */
  readonly secret: Uint8Array;
  /** Silence allowed for a session where the app does not leave that to the client, milliseconds. */
  readonly leaseMs: number;
  /** After a restart: how long the server waits for its clients to come back, milliseconds. Told to them. */
  readonly recoveryMs: number;
  /** The development app runs, whose certificate everybody knows: a login needs no token. */
  readonly isTokenFree: boolean;
  readonly frames: Counter;
  readonly messages: Counter;
  /** Messages as they go to sockets: one that a hundred get counts for a hundred. */
  readonly deliveries: Counter;
  readonly refusals: Counter;

  /** The connection was told to go; its socket may still be open. */
  ended(connection: SignalingConnection): void;
  /** Its socket is closed. */
  closed(connection: SignalingConnection): void;
}
