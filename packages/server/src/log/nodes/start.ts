import { type Channel, hasAnybody } from '../../channel/channel.ts';
import type { NodeLost } from '../../channel/shared-change.ts';
import type { Decided } from '../decide/decided.ts';
import type { Nodes } from './nodes.ts';

/** A server that starts: no other one writes the log, so whoever was up before is not any more. */
export interface Start {
  /** When the one before is known to have lived last, epoch milliseconds. */
  readonly lastAliveMs: number;
  /** Time in which whoever was there may come back, milliseconds. */
  readonly recoveryMs: number;
}

/** What a start records: who is lost. One record for each node that was up, however many members there are; none, if nobody was ever there. */
export function decideStart(
  state: { readonly nodes: Nodes; channels(): readonly Channel[] },
  { lastAliveMs, recoveryMs }: Start,
  nowMs: number,
): Decided {
  const { up } = state.nodes;
  const unknown = { on: 0, node: '', incarnation: '' };
  const gone = up.length === 0 && state.channels().some(hasAnybody) ? [unknown] : up;
  const records = gone.map(
    (each, at): NodeLost => ({
      type: 'node-lost',
      ...each,
      atMs: nowMs,
      lastAliveMs: Math.min(lastAliveMs, nowMs),
      leaseEndsMs: nowMs + recoveryMs,
      ...(at === gone.length - 1 && { wasLast: true as const }),
    }),
  );
  return { ok: true, records };
}
