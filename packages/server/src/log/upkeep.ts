import { HousecountError } from '@housecount/protocol';
import { type Channel, type ChannelKey, hasAnybody } from '../channel/channel.ts';
import type { Member } from '../channel/membership/member.ts';
import type { Clock } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';
import type { Asks, Decide } from './commands/asks.ts';
import { decideCommand } from './decide/command.ts';
import { dueTimes } from './due/due-times.ts';
import { LeaseTimer } from './due/lease-timer.ts';
import type { LogState } from './state/state.ts';

/** Slices of channels whose recovery is asked for at once: far below the limit of the queue. */
const recoverSlicesMax = 10_000;
const { transactionMembersMax: membersMax } = fixed;

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
    const { state, clock } = options;
    this.#timer = new LeaseTimer({
      clock,
      work: (key, nowMs) => endedCount(state.channel(key), nowMs),
      turnWorkMax: membersMax,
      onDue: async (keys) => void (await Promise.all(keys.map((key) => this.#tick(key)))),
    });
  }

  /**
   * After a restart nobody is connected yet: everybody gets the recovery lease. Throws with the sentence of `trouble` if
   * that cannot be recorded.
   */
  async recover(lastAliveMs: number, recoveryMs: number, trouble: () => string | undefined): Promise<void> {
    const { state, asks } = this.#options;
    const slices = state
      .channels()
      .filter(hasAnybody)
      .flatMap(slicesOf(() => true));
    for (let done = 0; done < slices.length; done += recoverSlicesMax) {
      const some = slices.slice(done, done + recoverSlicesMax);
      const outcomes = await Promise.all(
        some.map(({ key, ...slice }) => {
          const command = { type: 'recover', lastAliveMs, recoveryMs, ...slice } as const;
          return asks.request((draft, nowMs) => decideCommand(draft, key, command, nowMs));
        }),
      );
      for (const outcome of outcomes) if (!outcome.ok) throw new HousecountError(outcome.code, trouble());
    }
    this.changed(state.channels());
  }

  /** Every lease and every lock that runs out is to do so later. To be decided in this order, before anything else. */
  blind(blindMs: number): readonly Decide[] {
    const isSilent = ({ link }: Member) => link.state === 'silent';
    return this.#options.state
      .channels()
      .filter(runsOut)
      .flatMap(slicesOf(isSilent))
      .map(({ key, ...slice }) => {
        const command = { type: 'blind', blindMs, ...slice } as const;
        return (draft, nowMs) => decideCommand(draft, key, command, nowMs);
      });
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

/** The members whom a look at the channel puts out, those of one slice at most; 1 if there are none. */
const endedCount = (channel: Channel, nowMs: number): number =>
  channel.sid === undefined ? 1 : Math.max(1, channel.roster.endedCount(nowMs, membersMax));

interface Slice {
  readonly key: ChannelKey;
  readonly afterSeq?: number;
}

/** The slices in which a command goes through the members that are meant: each begins where the one before ends. */
const slicesOf =
  (isMeant: (member: Member) => boolean) =>
  (channel: Channel): readonly Slice[] => {
    const { key } = channel;
    const slices: Slice[] = [{ key }];
    if (channel.sid === undefined || channel.roster.size <= membersMax) return slices;
    let meant = 0;
    for (const member of channel.roster)
      if (isMeant(member) && ++meant % membersMax === 0) slices.push({ key, afterSeq: member.joinedSeq });
    return slices;
  };
