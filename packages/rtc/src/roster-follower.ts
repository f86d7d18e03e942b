import { HousecountError, type ServerFrame } from '@housecount/protocol';
import type { Link } from './connection/link.ts';
import { toException } from './errors.ts';
import { log } from './log.ts';
import { type Roster, type RosterHandlers, RosterView } from './roster.ts';

/** Keeps a roster view fed over a link that comes and goes. Nothing is asked of the server before `follow`. */
export class RosterFollower {
  readonly #view: RosterView;
  #following = false;
  #refused: unknown;
  #refusals: ((error: unknown) => void)[] = [];

  constructor(
    private readonly link: Link,
    handlers: Omit<RosterHandlers, 'hole'>,
  ) {
    this.#view = new RosterView({ ...handlers, hole: () => this.#subscribe() });
  }

  /** Follows from now on; later calls have no further effect, but to try again after a refusal. */
  follow(): void {
    if (this.#following) return;
    this.#following = true;
    this.#subscribe();
  }

  /** The view, once it is complete. Rejects with the server's refusal: some apps show the roster to hosts only. */
  async view(): Promise<Roster> {
    this.#refused = undefined;
    this.follow();
    await Promise.race([
      this.#view.whenReady(),
      new Promise<never>((_, reject) => {
        if (this.#refused !== undefined) reject(toException(this.#refused));
        else this.#refusals.push((error) => reject(toException(error)));
      }),
    ]);
    return this.#view;
  }

  /** The link has a new socket: goes on after what is known, where the server still can. */
  resume(): void {
    if (!this.#following) return;
    this.#view.restart();
    this.#subscribe(this.#view.cursor);
  }

  /** True if the frame was about the roster. */
  take(frame: ServerFrame): boolean {
    if (frame.type === 'roster-snapshot') this.#view.takeSnapshot(frame);
    else if (frame.type === 'roster-changes') this.#view.takeChanges(frame);
    else if (frame.type === 'roster-interrupted') this.#view.takeInterrupted(frame);
    else return false;
    return true;
  }

  /** The session has ended: whoever still waits for the view is told. */
  end(error: unknown): void {
    this.#fail(error);
  }

  #subscribe(cursor?: { sid: string; after: number }): void {
    this.link.request({ type: 'subscribe-roster', ...cursor }).catch((error: unknown) => {
      if (error instanceof HousecountError) log.warn('the server does not show the roster', error.code);
      this.#fail(error);
    });
  }

  #fail(error: unknown): void {
    this.#following = false;
    this.#refused = error;
    for (const refuse of this.#refusals.splice(0)) refuse(error);
  }
}
