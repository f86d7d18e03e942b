import { HousecountError } from '@housecount/protocol';
import { type ChannelKey, idOf, type OpenChannel } from '../../channel/channel.ts';
import type { Clock } from '../../clock.ts';
import { limits as defaults, type LimitsOf } from '../../limits.ts';

export type RosterSnapshotLimits = LimitsOf<'rosterSnapshotMs' | 'rosterSnapshotsMax'>;

/**
 * Rosters of a moment ago, so that all pages of one listing are of the same seq. States share nearly everything with
 * their successors, so keeping one costs what has changed since.
 */
export class RosterSnapshots {
  /** The snapshots in order of use, the longest unused first. */
  readonly #kept = new Map<string, { state: OpenChannel; untilMs: number }>();
  readonly #clock: Clock;
  readonly #limits: RosterSnapshotLimits;

  constructor(clock: Clock, limits: RosterSnapshotLimits = defaults) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Keeps a state for limits.rosterSnapshotMs from now. */
  keep(state: OpenChannel): void {
    const nowMs = this.#clock.steadyMs();
    const { key: of, sid, seq } = state;
    const key = momentKey(of, { sid, seq });
    this.#kept.delete(key);
    this.#kept.set(key, { state, untilMs: nowMs + this.#limits.rosterSnapshotMs });
    for (const [oldest, { untilMs }] of this.#kept) {
      if (untilMs > nowMs && this.#kept.size <= this.#limits.rosterSnapshotsMax) break;
      this.#kept.delete(oldest);
    }
  }

  /** The state of a channel at a seq, or undefined if it is not kept any more. */
  get(key: ChannelKey, at: Moment): OpenChannel | undefined {
    const found = this.#kept.get(momentKey(key, at));
    if (found === undefined || found.untilMs <= this.#clock.steadyMs()) return undefined;
    return found.state;
  }
}

interface Moment {
  readonly sid: string;
  readonly seq: number;
}

const momentKey = (key: ChannelKey, { sid, seq }: Moment): string => `${idOf(key)}/${sid}:${seq}`;

/** The moment that `next.at` of a page names. @throws HousecountError query_invalid */
export function momentOf(text: string): Moment {
  const match = /^(.{1,64}):(\d{1,16})$/.exec(text);
  if (match?.[1] === undefined)
    throw new HousecountError('query_invalid', 'at must be the `next.at` of a page.');
  return { sid: match[1], seq: Number(match[2]) };
}
