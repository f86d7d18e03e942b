import type { ChannelKey, ChannelKind } from './channel.ts';

type OfApp<Value> = { readonly [Kind in ChannelKind]: Map<string, Value> };

/** Something of each channel, by its key. A look-up builds no text, and an app's channels of a kind are found together. */
export class ChannelMap<Value> {
  readonly #apps = new Map<string, OfApp<Value>>();

  get({ app, kind, name }: ChannelKey): Value | undefined {
    return this.#apps.get(app)?.[kind].get(name);
  }

  set({ app, kind, name }: ChannelKey, value: Value): void {
    let ofApp = this.#apps.get(app);
    if (!ofApp) {
      ofApp = { live: new Map(), message: new Map(), stream: new Map(), user: new Map() };
      this.#apps.set(app, ofApp);
    }
    ofApp[kind].set(name, value);
  }

  /** False: there was nothing. */
  delete({ app, kind, name }: ChannelKey): boolean {
    return this.#apps.get(app)?.[kind].delete(name) ?? false;
  }

  /** The values of an app's channels of a kind, by name. */
  of(app: string, kind: ChannelKind): ReadonlyMap<string, Value> {
    return this.#apps.get(app)?.[kind] ?? nothing;
  }

  /** The values of all channels, in no order. */
  *values(): IterableIterator<Value> {
    for (const { live, message, stream, user } of this.#apps.values()) {
      yield* live.values();
      yield* message.values();
      yield* stream.values();
      yield* user.values();
    }
  }
}

const nothing = new Map<string, never>();
