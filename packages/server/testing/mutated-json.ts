import fc from 'fast-check';

/** A copy of a JSON object in which up to two things were changed: a value replaced by a strange one, a property taken out or added. */
export function mutated(body: object, strange: readonly unknown[]): fc.Arbitrary<object> {
  const change = fc.record({
    place: fc.nat(1_000),
    how: fc.constantFrom('replace', 'replace', 'remove', 'add', 'repeat'),
    value: fc.constantFrom(...strange),
  });
  return fc.array(change, { maxLength: 2 }).map((changes) => {
    const copy = structuredClone(body);
    for (const { place, how, value: chosen } of changes) {
      // Its own: the next change may be within it.
      const value = structuredClone(chosen);
      const places = placesOf(copy);
      const at = places[place % Math.max(1, places.length)];
      if (at === undefined || how === 'add') Object.assign(at?.holder ?? copy, { surplus: value });
      else if (how === 'replace') at.holder[at.name] = value;
      else if (how === 'repeat' && Array.isArray(at.holder))
        at.holder.push(structuredClone(at.holder[Number(at.name)]));
      else if (!Array.isArray(at.holder)) delete at.holder[at.name];
    }
    return copy;
  });
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

/** Everywhere in a value that something stands. */
function placesOf(value: unknown): readonly Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...placesOf(holder[name])]);
}
