import type { RuleScope, SignalingChannelType } from '@housecount/protocol';
import { limits } from '../../limits.ts';
import type { LogRecord } from '../record.ts';

/** How others ended a membership, or a session of signaling: what its client is told when it comes back to it. */
export interface Ending {
  readonly code: 'kicked' | 'replaced';
  /** Of a kick: what the rule was about. */
  readonly ruleScope?: RuleScope;
}

/** A channel that a session was put out of, while the session went on. */
export interface PutOut {
  readonly channelType: SignalingChannelType;
  readonly channel: string;
}

/** What is remembered of one connection or session, as a snapshot has it. */
export interface EndingLine {
  readonly app: string;
  readonly connectionId: string;
  readonly atMs: number;
  readonly ending?: Ending;
  readonly putOut?: readonly PutOut[];
}

/**
 * Memberships and sessions that others ended: a kick, or a newer device. Of these there is nothing left in any roster, and a client that was
 * away just then has to be told as if it had been there; one of which nothing is remembered was lost, and may join anew. Kept for
 * `endingKeptMs` of the log's time and `endingsMax` of an app and kind; the fold of the log's records, so it outlives a restart.
 */
export class Endings {
  /** By app and kind, then by connection; those of before come first. Kicks only the owner makes, so what clients do pushes none out. */
  readonly #kicked = new Map<string, Map<string, EndingLine>>();
  readonly #replaced = new Map<string, Map<string, EndingLine>>();

  /** Folds in what ended, and what began anew. */
  absorb(record: LogRecord): void {
    if (record.type === 'member-left') {
      const { app, connectionId, atMs, reason, ruleScope } = record;
      if (reason === 'replaced') this.#keep({ app, connectionId, atMs, ending: { code: reason } });
      if (reason === 'kicked')
        this.#keep({
          app,
          connectionId,
          atMs,
          ending: { code: reason, ...(ruleScope !== undefined && { ruleScope }) },
        });
      return;
    }
    if (record.type !== 'signaling' || record.channelType === 'USER') return;
    const { app, channelType, channel, atMs, change } = record;
    if (change.type === 'member-joined') this.#joined(app, change.connectionId, { channelType, channel });
    if (change.type !== 'member-left') return;
    const { connectionId, reason, ruleScope } = change;
    if (reason === 'replaced') this.#keep({ app, connectionId, atMs, ending: { code: reason } });
    if (reason !== 'kicked') return;
    const before = this.#kicked.get(app)?.get(connectionId);
    // A rule puts out of a channel; who is put out by none has lost the session.
    if (ruleScope === undefined) this.#keep({ app, connectionId, atMs, ending: { code: reason } });
    else if (!before?.ending) {
      const others = without(before?.putOut, { channelType, channel });
      this.#keep({ app, connectionId, atMs, putOut: [...others, { channelType, channel }] });
    }
  }

  /** How this connection's membership, or session, was ended; undefined: it was not, or that is forgotten. */
  of(app: string, connectionId: string, nowMs: number): Ending | undefined {
    for (const kind of [this.#kicked, this.#replaced]) {
      const line = kind.get(app)?.get(connectionId);
      if (line?.ending && line.atMs + limits.endingKeptMs > nowMs) return line.ending;
    }
    return undefined;
  }

  /** Channels that a rule put this session out of, and that it has not subscribed to since. */
  putOut(app: string, sessionId: string, nowMs: number): readonly PutOut[] {
    const line = this.#kicked.get(app)?.get(sessionId);
    return line?.putOut && line.atMs + limits.endingKeptMs > nowMs ? line.putOut : [];
  }

  /** All that is remembered, for a snapshot; `restore` takes it in the same order. */
  lines(): EndingLine[] {
    return [this.#kicked, this.#replaced].flatMap((kind) =>
      [...kind.values()].flatMap((lines) => [...lines.values()]),
    );
  }

  restore(line: EndingLine): void {
    this.#keep(line);
  }

  #keep(line: EndingLine): void {
    const { app, connectionId, atMs } = line;
    const kind = line.ending?.code === 'replaced' ? this.#replaced : this.#kicked;
    const lines = kind.get(app) ?? new Map<string, EndingLine>();
    kind.set(app, lines);
    lines.delete(connectionId);
    lines.set(connectionId, line);
    for (const [oldest, { atMs: endedMs }] of lines) {
      if (lines.size <= limits.endingsMax && endedMs + limits.endingKeptMs > atMs) break;
      lines.delete(oldest);
    }
  }

  /** It is in the channel again: what put it out of it before is over. */
  #joined(app: string, sessionId: string, place: PutOut): void {
    const lines = this.#kicked.get(app);
    const line = lines?.get(sessionId);
    if (!lines || !line?.putOut) return;
    const putOut = without(line.putOut, place);
    if (putOut.length === 0) lines.delete(sessionId);
    else lines.set(sessionId, { ...line, putOut });
  }
}

const without = (places: readonly PutOut[] = [], { channelType, channel }: PutOut): readonly PutOut[] =>
  places.filter((place) => place.channelType !== channelType || place.channel !== channel);
