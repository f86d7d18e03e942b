import { HousecountError } from '@housecount/protocol';
import { type Channel, type ChannelKey, hasAnybody } from '../channel/channel.ts';
import type { Clock } from '../clock.ts';
import type { Asks, Decide } from './commands/asks.ts';
import { decideCommand } from './decide/command.ts';
import { dueTimes } from './due/due-times.ts';
import { LeaseTimer } from './due/lease-timer.ts';
import type { LogState } from './state/state.ts';

/** Channels whose recovery is asked for at once: far below the limit of the queue. */
const recoverChannelsMax = 10_000;

export interface UpkeepOptions {
  readonly state: Pick<LogState, 'channel' | 'channels' | 'forgetIfIdle'>;
  readonly asks: Asks;
  readonly clock: Clock;
}

/** The effects of time on channels, of every kind: leases, tokens and locks that end, a restart, time in which nobody could be heard. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #timer: LeaseTimer;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#timer = new LeaseTimer(options.clock, (key) => void this.#tick(key));
  }

  /**
   * After a restart nobody is connected yet: everybody gets the recovery lease. Throws with the sentence of `trouble` if
   * that cannot be recorded.
   */
  async recover(lastAliveMs: number, recoveryMs: number, trouble: () => string | undefined): Promise<void> {
    const { state, asks } = this.#options;
    const command = { type: 'recover', lastAliveMs, recoveryMs } as const;
    const channels = state.channels().filter(hasAnybody);
    for (let done = 0; done < channels.length; done += recoverChannelsMax) {
      const some = channels.slice(done, done + recoverChannelsMax);
      const outcomes = await Promise.all(
        some.map(({ key }) => asks.request((draft, nowMs) => decideCommand(draft, key, command, nowMs))),
      );
      for (const outcome of outcomes) if (!outcome.ok) throw new HousecountError(outcome.code, trouble());
    }
    this.changed(state.channels());
  }

  /** Every lease and every lock that runs out is to do so later. */
  blind(blindMs: number): readonly Decide[] {
    const command = { type: 'blind', blindMs } as const;
    return this.#options.state
      .channels()
      .filter(runsOut)
      .map(
        ({ key }) =>
          (draft, nowMs) =>
            decideCommand(draft, key, command, nowMs),
      );
  }

  /** These channels are as they are now: when time changes them next is another time. */
  changed(channels: readonly Channel[]): void {
    this.#timer.schedule(dueTimes(channels));
  }

  stop(): void {
    this.#timer.stop();
  }

  async #tick(key: ChannelKey): Promise<void> {
    const { state, asks, clock } = this.#options;
    await asks.fact((draft, nowMs) => decideCommand(draft, key, { type: 'tick' }, nowMs));
    state.forgetIfIdle(key, clock.nowMs());
    this.changed([state.channel(key)]);
  }
}

/** True when there is anything in the channel that blind time may shorten. */
const runsOut = (channel: Channel): boolean =>
  (channel.sid !== undefined && channel.roster.interrupted > 0) ||
  Object.values(channel.locks).some(({ endsMs }) => endsMs !== undefined);
