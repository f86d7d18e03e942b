import type { Code } from '@housecount/protocol';
import type { Clock, Random } from '../clock.ts';
import type { Log } from '../log/contract.ts';
import type { Counter, Histogram, Logger } from '../observe/contract.ts';
import type { OnRefusedLogin } from '../observe/refused-logins.ts';
import type { EdgeApp } from '../token/edge-app.ts';
import type { ResumeClaim } from '../token/resume-key.ts';
import type { Connection } from './connection.ts';
import type { JoinBudgets } from './join-budgets.ts';
import type { LostConnection } from './lost-connections.ts';
import type { Membership } from './membership.ts';
import type { PartingConnection } from './partings.ts';
import type { Signal } from './roster/signal.ts';

export interface IceServer {
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

/** Which kinds of one WHEP session shall be forwarded: the media side's answer is a refusal, or nothing. */
export type SelectStreams = (
  connectionId: string,
  session: string,
  kinds: { readonly audio: boolean; readonly video: boolean },
) => Code | undefined;

/** What connections share: each holds a reference to one of these. */
export interface ConnectionContext {
  readonly apps: Pick<ReadonlyMap<string, EdgeApp>, 'get'>;
  readonly log: Log;
  readonly signal: Pick<Signal, 'streams' | 'hosts' | 'followRoster' | 'followView' | 'hasRoomForView'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Hears of each hello that was refused. */
  readonly onRefusedLogin?: OnRefusedLogin;
  readonly resumeSecret: Uint8Array;
  readonly joins: Pick<JoinBudgets, 'takeJoin' | 'takeChange'>;
  /** Silence allowed for an rtc connection, milliseconds. */
  readonly leaseMs: number;
  /** After a restart: how long the server waits for its clients to come back, milliseconds. Told to them. */
  readonly recoveryMs: number;
  readonly iceServers: readonly IceServer[];
  readonly onSelect: SelectStreams;
  readonly frames: Counter;
  readonly refusals: Counter;
  /** From hello to welcome. */
  readonly joinSeconds: Histogram;

  /** The connection backs a member from now on; one with the same id before it is ended. */
  joined(connection: Connection, connectionId: string): void;
  /** The connection does not back the member any more. */
  left(connection: Connection, member: Membership): void;
  /** The connection was told to go; its socket may still be open. */
  ended(connection: Connection): void;
  /** Its socket is closed. */
  closed(connection: Connection): void;
  /** Its member is without a socket: the log is to know. */
  lost(connection: LostConnection): void;
  /** It said goodbye, unless it resumes within `graceMs` milliseconds. */
  parting(connection: PartingConnection, graceMs: number): void;
  /** A client is about to resume: its old socket is dropped. `failed`: it did not, so the member is without a socket. */
  comingBack(claim: ResumeClaim): { failed(): void };
}
