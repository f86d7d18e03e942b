import type { ServerFrame } from '@housecount/protocol';
import type { EdgeKicks } from '../kicks/edge-kicks.ts';
import type { KnownAddresses } from '../kicks/known-addresses.ts';
import { type LogEntry, liveChangeOf } from '../log/record/record.ts';
import type { Backing, Connection } from './connection.ts';
import type { LostConnection, LostConnections } from './lost-connections.ts';
import type { Membership } from './membership.ts';
import type { PartingConnection, Partings } from './partings.ts';

export interface BackedMembersNeeds {
  readonly lost: Pick<LostConnections, 'add' | 'take'>;
  readonly partings: Pick<Partings, 'add' | 'take'>;
  readonly addresses: Pick<KnownAddresses, 'absorb'>;
  readonly kicks: Pick<EdgeKicks, 'absorb'>;
}

/** The members that connections of this process back; ends a connection whose member the log says is out. */
export class BackedMembers implements Backing {
  readonly #needs: BackedMembersNeeds;
  /** Connections that back a member, by connection id. */
  readonly #members = new Map<string, Connection>();

  constructor(needs: BackedMembersNeeds) {
    this.#needs = needs;
  }

  get size(): number {
    return this.#members.size;
  }

  /** The app is not of this server any more: its clients are told so. The log is the caller's. */
  endApp(app: string): void {
    for (const connection of [...this.#members.values()])
      if (connection.member?.app.id === app) connection.end('invalid_app_id', { settled: true });
  }

  /** One frame to one connection, if it backs a member here. */
  tell(connectionId: string, frame: ServerFrame): void {
    this.#members.get(connectionId)?.tell(frame);
  }

  joined(connection: Connection, connectionId: string): void {
    const { lost, partings } = this.#needs;
    // The log took this one later: what was there before is over, and so is what it left to be told.
    this.#members.get(connectionId)?.end('replaced', { settled: true });
    lost.take(connectionId);
    partings.take(connectionId);
    this.#members.set(connectionId, connection);
  }

  left(connection: Connection, { connectionId }: Membership): void {
    if (this.#members.get(connectionId) === connection) this.#members.delete(connectionId);
  }

  lost(connection: LostConnection): void {
    this.#needs.lost.add(connection);
  }

  parting(connection: PartingConnection, graceMs: number): void {
    this.#needs.partings.add(connection, graceMs);
  }

  absorb({ record }: LogEntry): void {
    this.#needs.kicks.absorb(record);
    const change = liveChangeOf(record);
    if (change && record.type === 'channel') this.#needs.addresses.absorb(record.key, change);
    if (change?.type === 'member-left') this.#members.get(change.connectionId)?.removed(change);
    else if (change?.type === 'link-silent') this.#members.get(change.connectionId)?.linked('silent');
    else if (change?.type === 'link-live')
      this.#members.get(change.connectionId)?.attached(change.attachment ?? 0);
  }
}
