import type { Entry, RosterMember } from './entry.ts';
import { adopt, fold, type Hole, holeOf, type Life, type LifeChange, newLife } from './life.ts';
import { endedMax, livesMax, type RosterLimits } from './roster-limits.ts';

/**
 * A channel whose notices are numbered. The lives of a channel follow one another, so of two sids one is over. Which one,
 * their times say, unless both fall into one second; then both are kept until one closes, time goes on, or the server says.
 */
export interface NumberedChannel {
  readonly mode: 'numbered';
  /** None of them is known to be over before another began. */
  readonly lives: readonly Life[];
  /** Sids of lives that are over, newest last. */
  readonly ended: readonly string[];
  /** Sids that a notice from before the opening of a present life named, newest last: over by their time alone, unless the server says otherwise. */
  readonly earlier: readonly string[];
}

/** The roster as the server has it at (sid, seq). */
export interface RosterSnapshot {
  readonly sid: string;
  readonly seq: number;
  /** Epoch seconds. */
  readonly openedTs: number;
  readonly members: readonly RosterMember[];
}

export interface ChannelFolded {
  readonly channel: NumberedChannel;
  readonly verdict: 'applied' | 'duplicate' | 'waiting' | 'full' | 'late';
  readonly hole?: Hole;
  readonly changes: readonly LifeChange[];
}

export const noLives: NumberedChannel = { mode: 'numbered', lives: [], ended: [], earlier: [] };

/** The channel after an entry of any of its lives. `late`: of a life that was over before the present one. Pure. */
export function foldChannel(channel: NumberedChannel, entry: Entry, limits: RosterLimits): ChannelFolded {
  const { lives, ended, earlier } = channel;
  const late: ChannelFolded = { channel, verdict: 'late', changes: [] };
  if (ended.includes(entry.sid)) return late;
  const index = lives.findIndex(({ sid }) => sid === entry.sid);
  // The end of a life and the opening of the next may fall into one second: what told of its beginning tells of its end.
  if (index < 0 && earlier.includes(entry.sid)) return late;
  // Once the opening was applied, minTs is its time, and everything before it belongs to an earlier life.
  if (index < 0 && lives.some((life) => life.seq > 0 && entry.ts < life.minTs))
    return { ...late, channel: { ...channel, earlier: [...earlier, entry.sid].slice(-endedMax) } };
  const folded = fold(lives[index] ?? newLife(entry.sid, entry.ts), entry, limits);
  const { verdict, hole, life } = folded;
  if (life === lives[index]) return { channel, verdict, ...(hole && { hole }), changes: folded.changes };
  const next = { ...channel, lives: index < 0 ? [...lives, life] : lives.with(index, life) };
  const { changes } = folded;
  if (next.lives.length === 1) return { channel: next, verdict, ...(hole && { hole }), changes };
  const endings: LifeChange[] = [];
  const after = settled(next, endings);
  if (after.ended.includes(entry.sid))
    return { channel: after, verdict: 'late', changes: [...changes, ...endings] };
  // The end of the life before is told first, so that who forgets a channel at its close forgets nobody of the next.
  return { channel: after, verdict, ...(hole && { hole }), changes: [...endings, ...changes] };
}

/**
 * The channel after the server's roster, or after its word that nobody is there. `known` are the sids that were known before
 * it was asked: those that it does not name are over. A life that came up since is left alone.
 */
export function adoptSnapshot(
  channel: NumberedChannel,
  snapshot: RosterSnapshot | undefined,
  known: readonly string[],
): { readonly channel: NumberedChannel; readonly changes: readonly LifeChange[] } {
  const changes: LifeChange[] = [];
  const over = known.filter((sid) => sid !== snapshot?.sid);
  const rest = end(channel, over, changes);
  if (!snapshot || rest.ended.includes(snapshot.sid)) return { channel: settled(rest, changes), changes };
  const index = rest.lives.findIndex(({ sid }) => sid === snapshot.sid);
  const before = rest.lives[index];
  const { life, changes: adopted } = adopt(before ?? newLife(snapshot.sid, snapshot.openedTs), snapshot);
  changes.push(...adopted);
  const lives = index < 0 ? [...rest.lives, life] : rest.lives.with(index, life);
  const earlier = rest.earlier.filter((sid) => sid !== snapshot.sid);
  return { channel: settled(life === before ? rest : { ...rest, lives, earlier }, changes), changes };
}

/** The life that is going on, or undefined if nobody is there. */
export function presentLife({ lives }: NumberedChannel): Life | undefined {
  let present: Life | undefined;
  for (const life of lives) if (!life.closed && (!present || life.maxTs >= present.maxTs)) present = life;
  return present;
}

/** The need of a channel to be healed, worst first: which life goes on or who is in it (`roster`), or a hole in a life. */
export type Need =
  | { readonly by: 'roster' }
  | { readonly by: 'events'; readonly sid: string; readonly hole: Hole };

export function needOf({ lives }: NumberedChannel): Need | undefined {
  const open = lives.filter(({ closed }) => !closed);
  if (open.length > 1 || open.some(({ doubt }) => doubt)) return { by: 'roster' };
  const hole = open[0] && holeOf(open[0]);
  return open[0] && hole ? { by: 'events', sid: open[0].sid, hole } : undefined;
}

/** Without the lives that another has followed: all of a life's times are up to the opening of the next. */
function settled(channel: NumberedChannel, changes: LifeChange[]): NumberedChannel {
  const { lives } = channel;
  const isAfter = (one: Life, other: Life) => one.maxTs > other.minTs && one.minTs >= other.maxTs;
  const over = lives.filter((life) => lives.some((other) => other !== life && isAfter(other, life)));
  const rest = lives.length - over.length;
  // Closed ones are given up first: they hold nobody.
  const spare = lives
    .filter((life) => !over.includes(life))
    .sort((a, b) => Number(b.closed) - Number(a.closed));
  over.push(...spare.slice(0, Math.max(0, rest - livesMax)));
  return end(
    channel,
    over.map(({ sid }) => sid),
    changes,
  );
}

function end(channel: NumberedChannel, sids: readonly string[], changes: LifeChange[]): NumberedChannel {
  const over = sids.filter((sid) => !channel.ended.includes(sid));
  if (over.length === 0) return channel;
  const lives: Life[] = [];
  for (const life of channel.lives) {
    if (!over.includes(life.sid)) {
      lives.push(life);
      continue;
    }
    if (life.closed || life.seq === 0) continue;
    const at = { sid: life.sid, seq: life.seq };
    for (const member of life.members.values()) changes.push({ ...at, type: 'left', member });
    changes.push({ ...at, type: 'closed' });
  }
  return { ...channel, lives, ended: [...channel.ended, ...over].slice(-endedMax) };
}
