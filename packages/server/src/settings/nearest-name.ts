/** A name of which more letters than this are wrong is another name, not a slip. */
const slipsMax = 3;
/** Longer names are compared with nothing: no name of ours is near them, and the work grows with the square. */
const lengthMax = 100;

/**
 * The known name that somebody most likely meant by one that is not known, whatever its case: one with the same letters but for a few, or
 * one that ends with all of its words (`PORT` is `LISTEN_PORT`), words being parted by `_` or `.`. undefined: none is near.
 */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  if (given.length > lengthMax) return undefined;
  const name = given.toLowerCase();
  let nearest: string | undefined;
  // One slip in three letters: in a shorter name everything is near to everything.
  let least = Math.min(slipsMax, Math.floor(name.length / 3)) + 1;
  let ending: string | undefined;
  for (const one of known) {
    const slips = slipsBetween(name, one.toLowerCase());
    if (slips < least) {
      least = slips;
      nearest = one;
    }
    if (ending === undefined && /[_.]/.test(one) && wordsOf(one).endsWith(`.${wordsOf(name)}`)) ending = one;
  }
  return nearest ?? ending;
}

/** `; did you mean X?`, or nothing. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const name = nearestName(given, known);
  return name === undefined ? '' : `; did you mean ${name}?`;
}

const wordsOf = (name: string) => name.toLowerCase().replaceAll('_', '.');

/** Letters to put in, take out, change or swap with their neighbour, so that one becomes the other. */
function slipsBetween(a: string, b: string): number {
  if (b.length > lengthMax || Math.abs(a.length - b.length) > slipsMax) return slipsMax + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let slips = Math.min(
        at(above, column) + 1,
        at(line, column - 1) + 1,
        at(above, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        slips = Math.min(slips, at(before, column - 2) + 1);
      line.push(slips);
    }
    before = above;
    above = line;
  }
  return at(above, b.length);
}

const at = (numbers: readonly number[], index: number) => numbers[index] ?? slipsMax + 1;
