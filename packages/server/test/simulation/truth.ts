import type { Role, StreamState } from '@housecount/protocol';
import type { ChannelChange } from '../../src/channel/decision.ts';
import type { CrashKind } from './sim-disk.ts';

/** Streams as a text: those that are sent. */
export const written = ({ audio, video }: StreamState): string =>
  [audio && 'audio', video && 'video'].filter(Boolean).join('+') || 'nothing';

/** The facts outside the server: written down by the simulated world, read by the judges. */
export class Truth {
  /** Joins that were asked for, by connection, acknowledged or not. */
  readonly joins = new Map<
    string,
    { readonly channel: string; readonly uid: number; readonly atMs: number }
  >();
  /** When the server process got something from the connection, ascending. */
  readonly heard = new Map<string, number[]>();
  /** Connections whose goodbye reached the server. */
  readonly byes = new Set<string>();
  /** When the connection said goodbye unless it resumes within a grace, ascending. */
  readonly graces = new Map<string, number[]>();
  /** Words of an attachment before the one that there was, and tries to resume before one that was taken, as they reached the log. */
  crossings = 0;
  /** Roles asked for, as "connection role". */
  readonly roles = new Set<string>();
  /** Links that tokens and pages said, as "connection token user" and "connection page attachment user". */
  readonly links = new Set<string>();
  /** The streams that hosts said they send, as "connection streams". */
  readonly #streams = new Set<string>();
  /** Changes of live channels that the log acknowledged. */
  readonly acknowledged: ChannelChange[] = [];
  /** Joins that the log acknowledged. */
  readonly joined: { readonly connectionId: string; readonly sid: string; readonly seq: number }[] = [];
  /** Changes of states that the log acknowledged, by what was random in them. */
  readonly statesSet = new Set<string>();
  readonly resumed: { readonly connectionId: string; readonly atMs: number }[] = [];
  readonly resumesRefused: { readonly connectionId: string; readonly atMs: number }[] = [];
  readonly crashes: { readonly atMs: number; readonly kind: CrashKind | 'stop' }[] = [];
  readonly boots: { readonly beganMs: number; readonly upMs: number }[] = [];
  /** Times in which no append succeeded: from the first that failed until one that did was decided. */
  readonly gaps: { readonly fromMs: number; readonly untilMs: number }[] = [];
  readonly faults: { readonly fromMs: number; untilMs: number }[] = [];
  /** Things that are wrong by themselves, seen as they happened. */
  readonly failures: string[] = [];

  /** Something of this connection reached the server. */
  hear(connectionId: string, atMs: number): void {
    const times = this.heard.get(connectionId);
    if (times) times.push(atMs);
    else this.heard.set(connectionId, [atMs]);
  }

  /** The connection says goodbye, unless it resumes in a moment. */
  part(connectionId: string, atMs: number): void {
    this.graces.set(connectionId, [...(this.graces.get(connectionId) ?? []), atMs]);
  }

  /** True if it had said goodbye by then, and was not taken up again since. */
  isGone(connectionId: string, byMs: number): boolean {
    if (this.byes.has(connectionId)) return true;
    const partedMs = this.graces.get(connectionId)?.findLast((ms) => ms <= byMs);
    if (partedMs === undefined) return false;
    return !this.resumed.some((resume) => resume.connectionId === connectionId && resume.atMs > partedMs);
  }

  /** Somebody asked for this role. */
  askRole(connectionId: string, role: Role): void {
    this.roles.add(`${connectionId} ${role}`);
  }

  /** A host said what it sends. */
  sayStreams(connectionId: string, streams: StreamState): void {
    this.#streams.add(`${connectionId} ${written(streams)}`);
  }

  saidStreams(connectionId: string, streams: StreamState): boolean {
    return this.#streams.has(`${connectionId} ${written(streams)}`);
  }

  /** True when the disk was failing at some time between the two, or a second before. */
  faulty(fromMs: number, untilMs: number): boolean {
    return this.faults.some((fault) => fault.fromMs <= untilMs && fault.untilMs >= fromMs - 1000);
  }
}
