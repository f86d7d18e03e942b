import type { Blind } from '../../channel/shared-change.ts';
import type { Logger } from '../../observe/contract.ts';
import type { Pending } from '../pending.ts';
import type { BlindTime } from './blind-time.ts';
import type { WriteGap } from './write-gap.ts';

export interface MakeUpNeeds {
  readonly blindTime: Pick<BlindTime, 'take'>;
  readonly gap: Pick<WriteGap, 'long'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Decides that what runs out does so later. */
  readonly onBlind: (blind: Pick<Blind, 'blindMs' | 'endsFromMs'>) => Pending['decide'];
}

/** The decisions that go before all others of an append: they make up for time in which nobody could be heard, or nothing be recorded. */
export function makeUp({ blindTime, gap, logger, onBlind }: MakeUpNeeds): readonly Pending[] {
  const first: Pending[] = [];
  const settle = () => undefined;
  const blindMs = blindTime.take();
  if (blindMs > 0) {
    logger.warn('the clock was set, or the server stood still; leases last longer by as much', { blindMs });
    first.push({ decide: onBlind({ blindMs }), fact: true, settle });
  }
  const long = gap.long();
  // It is no fact that waits: if this append fails too, the next one makes up for more.
  if (long) first.push({ decide: onBlind(long), fact: false, settle });
  return first;
}
