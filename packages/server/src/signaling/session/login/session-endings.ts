import type { Code } from '@housecount/protocol';
import type { PastEndings } from '../../../log/contract/past-endings.ts';
import type { Ending, PutOut } from '../../../log/decide/endings.ts';

/** Sessions of which it is remembered here that others ended them, beside what the log says; beyond it the oldest are forgotten. About 100 bytes each. */
const recentEndingsMax = 100_000;

/** The endings, by others, of sessions that are no more: from the log, and remembered here for those that were in no channel, of which the log knows nothing. */
export class SessionEndings {
  readonly #log: PastEndings;
  /** Endings by session, the oldest first. */
  readonly #recent = new Map<string, Ending['code']>();

  constructor(log: PastEndings) {
    this.#log = log;
  }

  note(id: string, code: Code): void {
    if (code === 'kicked' || code === 'replaced') this.#recent.set(id, code);
    for (const [oldest] of this.#recent) {
      if (this.#recent.size <= recentEndingsMax) break;
      this.#recent.delete(oldest);
    }
  }

  of(app: string, id: string): Ending['code'] | undefined {
    return this.#log.endingOf(app, id)?.code ?? this.#recent.get(id);
  }

  /** Channels that the session was put out of: its client may not have heard. */
  putOutOf(app: string, id: string): { readonly putOut?: readonly PutOut[] } {
    const putOut = this.#log.putOut(app, id);
    return putOut.length > 0 ? { putOut } : {};
  }
}
