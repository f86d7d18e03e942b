import type { Reading } from './local-stats.ts';
import { activePair, type Report, rate, readReport } from './report.ts';

/** A connection that is read once a second. */
interface Watched {
  now?: Reading;
  before?: Reading;
  readonly sinceMs: number;
}

/** The last two readings of each connection of a joined client. */
export class StatsCollector {
  readonly #watched = new Map<RTCPeerConnection, Watched>();
  #reading = false;

  /** Reads every one of these connections, and forgets the others. A reading still under way is not doubled. */
  async read(connections: readonly RTCPeerConnection[], nowMs: number): Promise<void> {
    for (const known of [...this.#watched.keys()])
      if (!connections.includes(known)) this.#watched.delete(known);
    if (this.#reading) return;
    this.#reading = true;
    try {
      await Promise.all(connections.map((connection) => this.#readOne(connection, nowMs)));
    } finally {
      this.#reading = false;
    }
  }

  /** The readings of a connection, if there is one yet. */
  of(connection: RTCPeerConnection | undefined): (Watched & { readonly now: Reading }) | undefined {
    const watched = connection && this.#watched.get(connection);
    return watched?.now ? { ...watched, now: watched.now } : undefined;
  }

  /** Bytes and bits per second, over all connections. */
  totals(): { sentBytes: number; receivedBytes: number; sentRate: number; receivedRate: number } {
    const totals = { sentBytes: 0, receivedBytes: 0, sentRate: 0, receivedRate: 0 };
    for (const { now, before } of this.#watched.values()) {
      if (!now) continue;
      const pair = activePair(now.report);
      const earlier = before && activePair(before.report);
      const ms = now.atMs - (before?.atMs ?? now.atMs);
      totals.sentBytes += pair?.bytesSent ?? 0;
      totals.receivedBytes += pair?.bytesReceived ?? 0;
      totals.sentRate += rate(pair?.bytesSent, earlier?.bytesSent, ms, 8);
      totals.receivedRate += rate(pair?.bytesReceived, earlier?.bytesReceived, ms, 8);
    }
    return totals;
  }

  async #readOne(connection: RTCPeerConnection, nowMs: number): Promise<void> {
    let report: Report;
    try {
      report = await readReport(connection);
    } catch {
      // The connection was closed meanwhile.
      return;
    }
    const watched = this.#watched.get(connection) ?? { sinceMs: nowMs };
    if (watched.now) watched.before = watched.now;
    watched.now = { report, atMs: nowMs };
    this.#watched.set(connection, watched);
  }
}
