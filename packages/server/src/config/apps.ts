import { isDeepStrictEqual } from 'node:util';
import type { AppConfig } from './config.ts';

/** An app whose settings a reload may change. */
type LiveApp = { -readonly [Key in keyof AppConfig]: AppConfig[Key] };

/** Ids of the apps that came, changed or went. */
export interface AppChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/**
 * The apps as they are now: the one place that parts ask, so that none has a copy that a reload would leave behind. An app is the
 * same object for as long as it is here, and its settings change in place: a connection that holds it has them as they are, too.
 */
export class Apps implements Iterable<AppConfig> {
  readonly #apps = new Map<string, LiveApp>();

  constructor(apps: readonly AppConfig[]) {
    for (const app of apps) this.#add(app);
  }

  get(id: string): AppConfig | undefined {
    return this.#apps.get(id);
  }

  keys(): MapIterator<string> {
    return this.#apps.keys();
  }

  /** The apps in the order in which they came. */
  [Symbol.iterator](): Iterator<AppConfig> {
    return this.#apps.values();
  }

  /** Their ids; whoever keeps this has those of the moment each time that it is gone through. */
  readonly ids: Iterable<string> = { [Symbol.iterator]: () => this.#apps.keys() };

  /** The days for which messages are kept, by app; live as `ids` is. */
  readonly historyDays: Iterable<readonly [string, number]> & { get(id: string): number | undefined } = {
    get: (id) => this.#apps.get(id)?.signaling.historyDays,
    [Symbol.iterator]: () =>
      Array.from(this, ({ id, signaling }) => [id, signaling.historyDays] as const).values(),
  };

  /** Makes these the apps from now on. The caller ends the memberships in apps that are gone. */
  replace(apps: readonly AppConfig[]): AppChanges {
    const removed = [...this.#apps.keys()].filter((id) => !apps.some((app) => app.id === id));
    for (const id of removed) this.#apps.delete(id);
    const added: string[] = [];
    const changed: string[] = [];
    for (const app of apps) {
      const known = this.#apps.get(app.id);
      if (!known) {
        this.#add(app);
        added.push(app.id);
      } else if (!isDeepStrictEqual(copyOf(known), copyOf(app))) {
        change(known, app);
        changed.push(app.id);
      }
    }
    return { added, changed, removed };
  }

  #add(app: AppConfig): void {
    this.#apps.set(app.id, copyOf(app));
  }
}

/** A copy, so that changes do not reach anybody's configuration. */
const copyOf = (app: AppConfig): LiveApp => ({ ...app, signaling: { ...app.signaling } });

function change(known: LiveApp, app: AppConfig): void {
  // Presence of channels holds these alone.
  const signaling = Object.assign(known.signaling, app.signaling);
  // A certificate that is not there any more must not stay.
  delete known.certificate;
  delete known.secondaryCertificate;
  Object.assign(known, app, { signaling });
}
