import type { Shape } from '@housecount/schema';
import { FieldsSeen } from './fields-seen.ts';

/** For tests: holds the frames that clients are sent to the schemas of their types. */
export class FramesHeld {
  readonly #shapes: Readonly<Record<string, FieldsSeen>>;
  readonly #misfits: string[] = [];
  #last = '';

  constructor(shapes: Readonly<Record<string, Shape>>) {
    this.#shapes = Object.fromEntries(
      Object.entries(shapes).map(([type, shape]) => [type, new FieldsSeen(shape)]),
    );
  }

  /** What many are sent alike is looked at once. */
  hold(text: string): void {
    if (text === this.#last) return;
    this.#last = text;
    const frame = JSON.parse(text) as { readonly type: string };
    const misfits = this.#shapes[frame.type]?.misfits(frame) ?? [`no frame: ${text}`];
    this.#misfits.push(...misfits.map((misfit) => `${frame.type}${misfit}`));
  }

  /** What the schemas have and no frame had: fields, and values that are listed one by one. */
  get unseen(): readonly string[] {
    return Object.entries(this.#shapes).flatMap(([type, { unseen }]) =>
      unseen.map((place) => `${type}${place}`),
    );
  }

  /** @throws Error if a frame was not as its schema says, or had a field that the schema does not have. */
  check(): void {
    if (this.#misfits.length > 0)
      throw new Error(`frames are not as their schemas say: ${this.#misfits.join('; ')}`);
  }
}
