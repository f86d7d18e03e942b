import { Turn } from '../../turn.ts';

/** Work on one name that must not overlap; that on others does not wait for it. */
export class NamedTurns {
  readonly #turns = new Map<string, { readonly turn: Turn; users: number }>();

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const known = this.#turns.get(name);
    const mine = known ?? { turn: new Turn(), users: 0 };
    if (!known) this.#turns.set(name, mine);
    mine.users += 1;
    try {
      return await mine.turn.take(work);
    } finally {
      mine.users -= 1;
      if (mine.users === 0) this.#turns.delete(name);
    }
  }
}
