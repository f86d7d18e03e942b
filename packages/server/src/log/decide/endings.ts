import type { RuleScope } from '@housecount/protocol';
import { type ChannelKey, isSubscribable, type SubscribedKind } from '../../channel/channel.ts';
import type { LeaveRecord } from '../../channel/decision.ts';
import { type AppLogLimitsOf, defaultAppLogLimits } from '../log-limits.ts';
import type { ChannelRecord } from '../record/record.ts';
import { storedKindOf, storedTypeOf } from '../record/stored-types.ts';

/** The ending, by others, of a membership or a session of signaling: its client is told of it when it comes back. */
export interface Ending {
  readonly code: 'kicked' | 'replaced';
  /** The scope of the rule; only for a kick. */
  readonly ruleScope?: RuleScope;
}

/** A channel that a session was put out of, while the session went on. */
export type PutOut = ChannelKey<SubscribedKind>;

/** The memory of one connection or session. */
interface Remembered {
  readonly app: string;
  readonly connectionId: string;
  readonly atMs: number;
  readonly ending?: Ending;
  readonly putOut?: readonly PutOut[];
}

/** The same, as a snapshot has it. */
export interface EndingLine extends Omit<Remembered, 'putOut'> {
  readonly putOut?: readonly { readonly channelType: 'MESSAGE' | 'STREAM'; readonly channel: string }[];
}

/**
 * Memberships and sessions that others ended: a kick, or a newer device. Of these there is nothing left in any roster, and a client that was
 * away just then has to be told as if it had been there; one of which nothing is remembered was lost, and may join anew. Kept for
 * `endingKeptMs` of the log's time and `endingsMax` of an app and kind; the fold of the log's records, so it outlives a restart.
 */
export class Endings {
  /** Kicks and replacements apart, by app, then by connection, the oldest first. Only the owner makes kicks, so what clients do pushes none out. */
  readonly #kicked = new Map<string, Map<string, Remembered>>();
  readonly #replaced = new Map<string, Map<string, Remembered>>();
  readonly #limitsOf: AppLogLimitsOf;

  constructor(limitsOf: AppLogLimitsOf = defaultAppLogLimits) {
    this.#limitsOf = limitsOf;
  }

  /** Folds in what ended, and what began anew. */
  absorb({ key, change }: ChannelRecord): void {
    if (!isSubscribable(key)) {
      if (change.type === 'member-left') this.#left(key, change);
      return;
    }
    if (change.type === 'member-joined') this.#joined(key.app, change.connectionId, key);
    if (change.type !== 'member-left') return;
    const { connectionId, atMs, reason, ruleScope } = change;
    const { app } = key;
    // A rule puts out of a channel; who is put out by none has lost the session.
    if (reason !== 'kicked' || ruleScope === undefined) {
      this.#left(key, change);
      return;
    }
    const before = this.#kicked.get(app)?.get(connectionId);
    if (before?.ending) return;
    this.#keep({ app, connectionId, atMs, putOut: [...without(before?.putOut, key), key] });
  }

  #left({ app }: ChannelKey, { connectionId, insteadOf, atMs, reason, ruleScope }: LeaveRecord): void {
    if (reason !== 'kicked' && reason !== 'replaced') return;
    const ending = { code: reason, ...(ruleScope !== undefined && { ruleScope }) };
    this.#keep({ app, connectionId, atMs, ending });
    // The client of a session of which it has not heard comes back for the one before.
    if (insteadOf !== undefined) this.#keep({ app, connectionId: insteadOf, atMs, ending });
  }

  /** The ending of this connection's membership, or session; undefined: it was not ended, or that is forgotten. */
  of(app: string, connectionId: string, nowMs: number): Ending | undefined {
    for (const kind of [this.#kicked, this.#replaced]) {
      const line = kind.get(app)?.get(connectionId);
      if (line?.ending && line.atMs + this.#limitsOf(app).endingKeptMs > nowMs) return line.ending;
    }
    return undefined;
  }

  /** Channels that a rule put this session out of, and that it has not subscribed to since. */
  putOut(app: string, sessionId: string, nowMs: number): readonly PutOut[] {
    const line = this.#kicked.get(app)?.get(sessionId);
    return line?.putOut && line.atMs + this.#limitsOf(app).endingKeptMs > nowMs ? line.putOut : [];
  }

  /** All that is remembered, for a snapshot; `restore` takes it in the same order. */
  lines(): EndingLine[] {
    return [this.#kicked, this.#replaced].flatMap((kind) =>
      [...kind.values()].flatMap((lines) => Array.from(lines.values(), lineOf)),
    );
  }

  restore({ putOut, ...line }: EndingLine): void {
    const { app } = line;
    this.#keep({ ...line, ...(putOut && { putOut: putOut.flatMap((place) => keyOf(app, place)) }) });
  }

  #keep(line: Remembered): void {
    const { app, connectionId, atMs } = line;
    const kind = line.ending?.code === 'replaced' ? this.#replaced : this.#kicked;
    const lines = kind.get(app) ?? new Map<string, Remembered>();
    kind.set(app, lines);
    lines.delete(connectionId);
    lines.set(connectionId, line);
    const { endingsMax, endingKeptMs } = this.#limitsOf(app);
    for (const [oldest, { atMs: endedMs }] of lines) {
      if (lines.size <= endingsMax && endedMs + endingKeptMs > atMs) break;
      lines.delete(oldest);
    }
  }

  /** Notes that the session is in the channel again: having been put out of it before counts no more. */
  #joined(app: string, sessionId: string, place: PutOut): void {
    const lines = this.#kicked.get(app);
    const line = lines?.get(sessionId);
    if (!lines || !line?.putOut) return;
    const putOut = without(line.putOut, place);
    if (putOut.length === 0) lines.delete(sessionId);
    else lines.set(sessionId, { ...line, putOut });
  }
}

const without = (places: readonly PutOut[] = [], { kind, name }: PutOut): readonly PutOut[] =>
  places.filter((place) => place.kind !== kind || place.name !== name);

const lineOf = ({ putOut, ...line }: Remembered): EndingLine => ({
  ...line,
  ...(putOut && {
    putOut: putOut.map(({ kind, name }) => ({ channelType: storedTypeOf(kind), channel: name })),
  }),
});

function keyOf(
  app: string,
  { channelType, channel }: NonNullable<EndingLine['putOut']>[number],
): readonly PutOut[] {
  const key = { app, kind: storedKindOf(channelType), name: channel };
  return isSubscribable(key) ? [key] : [];
}
