/** What can happen, and what must not. */
export interface Model<State> {
  readonly start: State;
  /** Everything that can happen next, in words, and the state after it. States are values: none is changed. */
  readonly stepsFrom: (state: State) => Iterable<readonly [what: string, next: State]>;
  /** Equal for states that are the same. */
  readonly keyOf: (state: State) => string;
  /** What is wrong with a state, in words. */
  readonly wrongWith: (state: State) => string | undefined;
}

export interface Outcome {
  readonly states: number;
  /** What went wrong, and the steps that lead there; undefined: nothing, in any order of things. */
  readonly violation: { readonly what: string; readonly steps: readonly string[] } | undefined;
}

/** The way to a state: the place of the one before it among those that were reached, and what happened there. */
interface Way {
  readonly before: number;
  readonly what: string;
}

/** Goes through every state that can be reached, the nearest first, and stops at the first in which something is wrong. */
export function explore<State>({ start, stepsFrom, keyOf, wrongWith }: Model<State>): Outcome {
  const seen = new Set([keyOf(start)]);
  const ways: Way[] = [{ before: -1, what: '' }];
  let layer = [{ state: start, at: 0 }];
  while (layer.length > 0) {
    const next: typeof layer = [];
    for (const { state, at } of layer)
      for (const [what, then] of stepsFrom(state)) {
        const reached = seen.size;
        seen.add(keyOf(then));
        if (seen.size === reached) continue;
        ways.push({ before: at, what });
        const wrong = wrongWith(then);
        if (wrong !== undefined)
          return { states: seen.size, violation: { what: wrong, steps: stepsTo(reached, ways) } };
        next.push({ state: then, at: reached });
      }
    layer = next;
  }
  return { states: seen.size, violation: undefined };
}

function stepsTo(last: number, ways: readonly Way[]): string[] {
  const steps: string[] = [];
  for (let way = ways[last]; way && way.before >= 0; way = ways[way.before]) steps.unshift(way.what);
  return steps;
}
