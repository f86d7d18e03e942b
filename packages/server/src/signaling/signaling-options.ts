import type { Clock, Random } from '../clock.ts';
import type { EdgeWords } from '../kicks/edge-words.ts';
import type { Messages } from '../ledger/messages/messages.ts';
import type { Channels } from '../log/contract/channels.ts';
import type { Commands } from '../log/contract/commands.ts';
import type { Feed } from '../log/contract/feed.ts';
import type { Identities } from '../log/contract/identities.ts';
import type { MessageLog } from '../log/contract/messages.ts';
import type { PastEndings } from '../log/contract/past-endings.ts';
import type { Bans, KickingRules } from '../log/contract/rules.ts';
import type { Broadcast } from '../net/socket/socket.ts';
import type { SocketCount } from '../net/socket/socket-count.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import type { OnRefusedLogin } from '../observe/refused-logins.ts';
import type { SignalingApp } from './names/app.ts';
import type { AppSignalingLimitsOf, SignalingLimits } from './signaling-limits.ts';

/** The ports of the log that signaling uses. */
export type SignalingLog = Commands &
  Channels &
  Pick<Identities, 'resolve' | 'uidOf'> &
  Pick<KickingRules, 'createRule'> &
  Bans &
  PastEndings &
  Pick<MessageLog, 'keepMessage'> &
  Feed;

export interface SignalingOptions {
  /** Those of the start are learned of at once, others with `addApp`. */
  readonly apps: Pick<ReadonlyMap<string, SignalingApp>, 'get' | 'keys'>;
  readonly log: SignalingLog;
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
  /** Takes the word of its sessions on rules about addresses. */
  readonly words: Pick<EdgeWords, 'join'>;
  /** Signs session keys. */
  readonly secret: Uint8Array;
  /** Silence allowed for a session where the app does not leave that to the client, milliseconds. */
  readonly leaseMs: number;
  /** After a restart: how long the server waits for its clients to come back, milliseconds. Told to them. */
  readonly recoveryMs: number;
  /** The development app runs, whose certificate everybody knows: a login needs no token. */
  readonly isTokenFree: boolean;
  /** Default: those of limits.ts. */
  readonly limits?: SignalingLimits;
  /** The limits of each app's users. Default: those of limits.ts. */
  readonly limitsOf?: AppSignalingLimitsOf;
}
