import type { Channel, ChannelKey } from '../channel/channel.ts';
import type { Blind } from '../channel/shared-change.ts';
import type { Clock } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import type { Asks, Decide } from './commands/asks.ts';
import { decideCommand } from './decide/command.ts';
import { dueTimes } from './due/due-times.ts';
import { LeaseTimer } from './due/lease-timer.ts';
import type { LogState } from './state/state.ts';

const { transactionMembersMax: membersMax } = fixed;

export interface UpkeepOptions {
  readonly state: Pick<LogState, 'channel' | 'channels'>;
  readonly asks: Asks;
  readonly clock: Clock;
}

/** The effects of time on channels, of every kind: leases, tokens and locks that end, time in which nobody could be heard, the moment after a start. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #timer: LeaseTimer;
  #cancelShow: (() => void) | undefined;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    const { state, clock } = options;
    this.#timer = new LeaseTimer({
      clock,
      work: (key, nowMs) => endedCount(state.channel(key), nowMs),
      turnWorkMax: membersMax,
      onDue: async (keys) => void (await Promise.all(keys.map((key) => this.#tick(key)))),
    });
  }

  /** Begins to look at the clock. */
  start(): void {
    this.changed(this.#options.state.channels());
  }

  /** Clients can come from now on: who was lost at the start, and is not back in a moment, is shown as interrupted. */
  opened(): void {
    const { asks, clock } = this.#options;
    this.#cancelShow ??= clock.after(fixed.absentShownMs, () => void asks.fact(decideShow));
  }

  /** Every lease and every lock that runs out is to do so later. To be decided before anything else. */
  blind(blind: Pick<Blind, 'blindMs' | 'endsFromMs'>): Decide {
    return (draft, atMs) => {
      const records = draft.channels().some(runsOut) ? [{ type: 'blind', atMs, ...blind } as const] : [];
      return { ok: true, records };
    };
  }

  /** These channels are as they are now: when time changes them next is another time. */
  changed(channels: readonly Channel[]): void {
    this.#timer.schedule(dueTimes(channels));
  }

  stop(): void {
    this.#cancelShow?.();
    this.#timer.stop();
  }

  async #tick(key: ChannelKey): Promise<void> {
    const { state, asks } = this.#options;
    await asks.fact((draft, nowMs) => decideCommand(draft, key, { type: 'tick' }, nowMs));
    this.changed([state.channel(key)]);
  }
}

/** Nothing is recorded where everybody is back. */
const decideShow: Decide = (draft, atMs) => ({
  ok: true,
  records: draft.channels().some(hasUntold) ? [{ type: 'absent-shown', atMs }] : [],
});

const hasUntold = (channel: Channel): boolean =>
  channel.sid !== undefined && channel.roster.silent > channel.roster.interrupted;

/** True when there is anything in the channel that blind time may shorten. */
const runsOut = (channel: Channel): boolean =>
  (channel.sid !== undefined && channel.roster.silent > 0) ||
  Object.values(channel.locks).some(({ endsMs }) => endsMs !== undefined);

/** The members whom a look at the channel puts out, those of one slice at most; 1 if there are none. */
const endedCount = (channel: Channel, nowMs: number): number =>
  channel.sid === undefined ? 1 : Math.max(1, channel.roster.endedCount(nowMs, membersMax));
