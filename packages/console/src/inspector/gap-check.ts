/** Lives of channels that are watched at once; the one seen longest ago goes first. */
export const sidsMax = 50;
/** Pieces of one sid's sequence, at most; beyond it the two lowest are taken as one, and their hole is forgotten. */
export const piecesMax = 1_000;

interface Piece {
  from: number;
  to: number;
}
interface Life {
  channel: string;
  readonly pieces: Piece[];
}

/** The seqs that were seen of one life of a channel. */
export interface Sequence {
  readonly sid: string;
  readonly channel: string;
  readonly from: number;
  readonly to: number;
  /** Numbers between `from` and `to` that were not seen, as ranges. Empty: no hole. */
  readonly holes: readonly { readonly from: number; readonly to: number }[];
}

/** Checks that this page has seen every notice: seq is dense in a sid, so a number that lacks is one that the page did not see. */
export class GapCheck {
  readonly #lives = new Map<string, Life>();

  /** Takes note of a notice; in any order, any number of times. */
  see(sid: string, channel: string, seq: number): void {
    if (!Number.isSafeInteger(seq) || seq < 1) return;
    const life = this.#lives.get(sid) ?? { channel, pieces: [] };
    // Put in again, so that the first of the map is the one seen longest ago.
    this.#lives.delete(sid);
    this.#lives.set(sid, life);
    if (this.#lives.size > sidsMax) this.#lives.delete(this.#lives.keys().next().value ?? sid);
    insert(life.pieces, seq);
    const [first, second] = life.pieces;
    if (life.pieces.length > piecesMax && first && second)
      life.pieces.splice(0, 2, { from: first.from, to: second.to });
  }

  clear(): void {
    this.#lives.clear();
  }

  /** All that is watched, the most recently seen first. */
  sequences(): readonly Sequence[] {
    const all: Sequence[] = [];
    for (const [sid, { channel, pieces }] of this.#lives) {
      const first = pieces[0];
      const last = pieces.at(-1);
      if (first === undefined || last === undefined) continue;
      const holes = pieces.slice(1).map((piece, index) => ({
        from: (pieces[index]?.to ?? 0) + 1,
        to: piece.from - 1,
      }));
      all.unshift({ sid, channel, from: first.from, to: last.to, holes });
    }
    return all;
  }
}

/** Keeps the pieces sorted, apart and as few as can be. Searches from the end, where almost all numbers belong. */
function insert(pieces: Piece[], seq: number): void {
  let index = pieces.length;
  while (index > 0 && (pieces[index - 1]?.from ?? 0) > seq) index -= 1;
  const before = pieces[index - 1];
  const after = pieces[index];
  if (before && seq <= before.to) return;
  const joinsBefore = before !== undefined && before.to + 1 === seq;
  const joinsAfter = after !== undefined && after.from - 1 === seq;
  if (joinsBefore && joinsAfter) {
    before.to = after.to;
    pieces.splice(index, 1);
  } else if (joinsBefore) before.to = seq;
  else if (joinsAfter) after.from = seq;
  else pieces.splice(index, 0, { from: seq, to: seq });
}

/** The check's result in words: `seq 1…14, no hole`. A hole is one of this page, which fell behind; nothing is said about endpoints. */
export function wordsOfSequence({ from, to, holes }: Sequence): string {
  const range = from === to ? `seq ${from}` : `seq ${from}…${to}`;
  if (holes.length === 0) return `${range}, no hole`;
  const shown = holes
    .slice(0, 3)
    .map((hole) => (hole.from === hole.to ? `${hole.from}` : `${hole.from}–${hole.to}`));
  return `${range}, not seen here: ${shown.join(', ')}${holes.length > 3 ? ' …' : ''}`;
}
