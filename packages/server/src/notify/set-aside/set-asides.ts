import { SetAside, type SetAsideParts, setAsideFolder } from './set-aside.ts';

/** The events that are set aside, by app: of every app that has endpoints, or of which something was left. */
export class SetAsides implements Iterable<[app: string, aside: SetAside]> {
  readonly #parts: SetAsideParts;
  readonly #shareBytes: number;
  readonly #byApp = new Map<string, SetAside>();

  private constructor(parts: SetAsideParts, shareBytes: number) {
    this.#parts = parts;
    this.#shareBytes = shareBytes;
  }

  static async open(parts: SetAsideParts, shareBytes: number): Promise<SetAsides> {
    const asides = new SetAsides(parts, shareBytes);
    for (const app of await parts.kept.list(setAsideFolder)) await asides.of(app);
    return asides;
  }

  async of(app: string): Promise<SetAside> {
    const aside = this.#byApp.get(app) ?? (await SetAside.open(this.#parts, app, this.#shareBytes));
    this.#byApp.set(app, aside);
    return aside;
  }

  [Symbol.iterator](): Iterator<[app: string, aside: SetAside]> {
    return this.#byApp.entries();
  }
}
