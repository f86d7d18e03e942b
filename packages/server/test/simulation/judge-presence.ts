import { liveKey } from '../../src/channel/channel.ts';
import type { Log } from '../../src/log/contract/log.ts';
import type { LogRecord } from '../../src/log/record/record.ts';
import { PresenceFold } from '../../src/signaling/presence/presence-fold.ts';
import { app } from './sim-op.ts';
import { keyOf, signalingOf } from './sim-signaling.ts';

const channel = 'lobby';

/** The faults in what the signaling channel that is bound to the live one shows, going by the members of either. */
export function judgePresence(
  log: Log,
  records: readonly LogRecord[],
  present: ReadonlySet<string>,
): readonly string[] {
  const signaling = log.channel(keyOf(signalingOf(channel)));
  const served = new PresenceFold({ live: log.channel(liveKey(app, channel)), signaling });
  const told = new PresenceFold({});
  for (const record of records) {
    if (record.type !== 'channel' || record.key.name !== channel) continue;
    if (record.key.kind === 'message') told.absorbSignaling(record.change);
    else if (record.key.kind === 'live') told.absorbLive(record.change);
  }
  const wrong: string[] = [];
  const expected = [...present].sort().join(' ');
  for (const [what, fold] of [
    ['served', served],
    ['told', told],
  ] as const) {
    const shown = [...fold.occupants()].map(({ userId }) => userId).sort();
    if (shown.join(' ') !== expected)
      wrong.push(`presence: ${what} ${shown.join(' ')}; in truth ${expected}`);
  }
  const texts = [served, told].map((fold) =>
    [...fold.occupants()].map(({ userId, states }) => `${userId} ${written(states)}`).sort(),
  );
  if (texts[0]?.join() !== texts[1]?.join()) wrong.push(`presence: served ${texts[0]}; told ${texts[1]}`);
  return wrong;
}

const written = (states: Readonly<Record<string, string>>): string =>
  Object.entries(states)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join();
