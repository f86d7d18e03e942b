import { randomInt } from 'node:crypto';
import type { Selection } from '../../contract.ts';
import type { MediaChildLimits } from '../../engine-limits.ts';
import type { PlayedKind } from '../sdp/negotiate.ts';
import type { CarriedSeconds } from './carried-seconds.ts';
import type { Counters } from './counters.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { Outlet } from './outlet.ts';
import { Player } from './player.ts';

export const randomSsrc = (): number => 1 + randomInt(0xffff_fffe);

/** A player with a stream for each kind that it takes, under random numbers. */
export function makePlayer(options: {
  readonly kinds: readonly PlayedKind[];
  readonly selected: Selection;
  readonly counters: Counters;
  readonly seconds: CarriedSeconds;
  readonly limits: MediaChildLimits;
}): Player {
  const { counters, seconds } = options;
  const outlet = new Outlet(counters, options.limits);
  const cname = `housecount-${randomSsrc().toString(36)}`;
  const streams = options.kinds.map(
    (played) =>
      new OutgoingStream({
        played,
        ssrc: randomSsrc(),
        repairSsrc: randomSsrc(),
        cname,
        selected: options.selected[played.kind],
        outlet,
        seconds,
        firstSequence: randomInt(0x10000),
        firstTimestamp: randomInt(0x1_0000_0000),
      }),
  );
  for (const stream of streams) stream.wantsLow = options.selected.layer === 'low';
  return new Player(streams, outlet, counters);
}
