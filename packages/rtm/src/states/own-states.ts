import type { SignalingStates } from '@housecount/protocol';

/** Pairs of key and value that a user may have in a channel (the API's figure). */
export const statePairsMax = 32;
/** Pairs kept for channels that are not subscribed, in all (the API's figure). */
export const cachedPairsMax = 100;

/** A change of one's own states. */
export type StateChange =
  | { readonly type: 'set'; readonly states: SignalingStates }
  /** No keys: all of it. */
  | { readonly type: 'remove'; readonly keys: readonly string[] };

interface OfChannel {
  /** The states that the server has, as far as it has said; those of the last session while there is none. */
  known: SignalingStates;
  /** Changes that the server has not confirmed, in order. */
  changes: readonly StateChange[];
  /** Keys of which it was told something, and has not answered: it may have another value than `known`. */
  doubtful: ReadonlySet<string>;
}

/** A user's own temporary states: what the server has, and what it has still to be told. */
export class OwnStates {
  readonly #channels = new Map<string, OfChannel>();

  /** The states of `channel` with everything that was asked for. */
  wanted(channel: string): SignalingStates {
    const of = this.#channels.get(channel);
    return of ? of.changes.reduce(applied, of.known) : {};
  }

  /** Computes what `wanted` would be after `change`. */
  after(channel: string, change: StateChange): SignalingStates {
    return applied(this.wanted(channel), change);
  }

  /** Pairs kept for channels other than `channel` for which `counts` holds. */
  pairs(counts: (channel: string) => boolean): number {
    let total = 0;
    for (const channel of this.#channels.keys())
      if (counts(channel)) total += Object.keys(this.wanted(channel)).length;
    return total;
  }

  /** Takes down a change that the server is told now or later. */
  add(channel: string, change: StateChange): void {
    const of = this.#channels.get(channel) ?? empty;
    this.#channels.set(channel, { ...of, changes: [...of.changes, change] });
  }

  /** The server has taken the change. */
  confirm(channel: string, change: StateChange): void {
    const of = this.#channels.get(channel);
    if (!of?.changes.includes(change)) return;
    const told = keysOf(change, of.known);
    of.known = applied(of.known, change);
    of.doubtful = new Set([...of.doubtful].filter((key) => !told.includes(key)));
    this.drop(channel, change);
  }

  /** The server was told the change, or states with a subscription, and whether it has taken them is not known. */
  doubt(channel: string, change: StateChange): void {
    const of = this.#channels.get(channel) ?? empty;
    const doubtful = new Set([...of.doubtful, ...keysOf(change, of.known)]);
    this.#channels.set(channel, { ...of, doubtful });
  }

  /** The server has not taken the change, or it is replaced by others. */
  drop(channel: string, change: StateChange): void {
    const of = this.#channels.get(channel);
    if (!of) return;
    of.changes = of.changes.filter((each) => each !== change);
    if (isEmpty(of)) this.#channels.delete(channel);
  }

  /** The changes not confirmed, in order. */
  changes(channel: string): readonly StateChange[] {
    return this.#channels.get(channel)?.changes ?? [];
  }

  /**
   * The server was told `sent` with a new subscription, in which `included` are done. Keys that are gone since the last
   * one have still to be taken out: the server may have kept them.
   */
  begin(channel: string, sent: SignalingStates, included: readonly StateChange[]): void {
    const changes = this.changes(channel).filter((each) => !included.includes(each));
    const { known: before, doubtful } = this.#channels.get(channel) ?? empty;
    const gone = keysBeside(sent, before, doubtful);
    const known = { ...Object.fromEntries(gone.map((key) => [key, before[key] ?? ''])), ...sent };
    const taken: StateChange[] = gone.length > 0 ? [{ type: 'remove', keys: gone }] : [];
    const of: OfChannel = { known, changes: [...taken, ...changes], doubtful: new Set() };
    if (isEmpty(of)) this.#channels.delete(channel);
    else this.#channels.set(channel, of);
  }

  /** Puts the fewest changes in the place of those not confirmed: after a pause only the outcome matters. */
  compact(channel: string): readonly StateChange[] {
    const of = this.#channels.get(channel);
    if (!of) return [];
    const wanted = this.wanted(channel);
    const gone = keysBeside(wanted, of.known, of.doubtful);
    const changed = Object.entries(wanted).filter(
      ([key, value]) => of.known[key] !== value || of.doubtful.has(key),
    );
    of.changes = [
      ...(gone.length > 0 ? [{ type: 'remove', keys: gone } as const] : []),
      ...(changed.length > 0 ? [{ type: 'set', states: Object.fromEntries(changed) } as const] : []),
    ];
    return of.changes;
  }

  /** Forgets a channel, or all. */
  forget(channel?: string): void {
    if (channel === undefined) this.#channels.clear();
    else this.#channels.delete(channel);
  }
}

const empty: OfChannel = { known: {}, changes: [], doubtful: new Set() };

const isEmpty = ({ known, changes, doubtful }: OfChannel): boolean =>
  changes.length === 0 && doubtful.size === 0 && Object.keys(known).length === 0;

/** The keys that `states` does not have, and the server has or may have. */
const keysBeside = (
  states: SignalingStates,
  known: SignalingStates,
  doubtful: ReadonlySet<string>,
): string[] =>
  [...new Set([...Object.keys(known), ...doubtful])].filter((key) => !Object.hasOwn(states, key));

function keysOf(change: StateChange, known: SignalingStates): readonly string[] {
  if (change.type === 'set') return Object.keys(change.states);
  return change.keys.length > 0 ? change.keys : Object.keys(known);
}

function applied(states: SignalingStates, change: StateChange): SignalingStates {
  if (change.type === 'set') return { ...states, ...change.states };
  if (change.keys.length === 0) return {};
  return Object.fromEntries(Object.entries(states).filter(([key]) => !change.keys.includes(key)));
}
