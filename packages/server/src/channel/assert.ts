/** Stops on a bug: what cannot be, whatever was asked. Ours, because node:assert showed in the profile of a large fold. */
export function assert(condition: boolean, broken: string): asserts condition {
  if (!condition) throw new Error(`bug: ${broken}`);
}
