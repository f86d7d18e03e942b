import type { Clock, Random } from '../clock.ts';
import type { Messages } from '../ledger/messages/messages.ts';
import type { Log } from '../log/contract/log.ts';
import type { Broadcast } from '../net/socket/socket.ts';
import type { SocketCount } from '../net/socket/socket-count.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import type { OnRefusedLogin } from '../observe/refused-logins.ts';
import type { SignalingApp } from './names/app.ts';

export interface SignalingOptions {
  /** Those of the start are learned of at once, others with `addApp`. */
  readonly apps: Pick<ReadonlyMap<string, SignalingApp>, 'get' | 'keys'>;
  readonly log: Log;
  /** The messages that are kept. */
  readonly kept: Pick<Messages, 'read'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onRefusedLogin?: OnRefusedLogin;
  readonly metrics: Metrics;
  /** The server's own, that carries what is published to sockets. */
  readonly broadcast: Broadcast;
  /** Counts the sockets of the whole server. */
  readonly sockets: SocketCount;
  /** Signs session keys. */
  readonly secret: Uint8Array;
  /** Silence allowed for a session where the app does not leave that to the client, milliseconds. */
  readonly leaseMs: number;
  /** After a restart: how long the server waits for its clients to come back, milliseconds. Told to them. */
  readonly recoveryMs: number;
  /** The development app runs, whose certificate everybody knows: a login needs no token. */
  readonly isTokenFree: boolean;
}
