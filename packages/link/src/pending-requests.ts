import { deadline } from './deadline.ts';
import type { Frames, Refusal } from './frames.ts';
import type { Surroundings } from './surroundings.ts';

/** Why a request has no `ok`: the server said no, said nothing in time, or the socket went away. */
export type RequestEnd<R extends Refusal = Refusal> =
  | ({ readonly why: 'refused' } & Omit<R, 'id' | 'type'>)
  | { readonly why: 'timeout' | 'lost' };

/** The error that a request rejects with. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  constructor(readonly end: RequestEnd) {
    super(end.why);
  }
}

/** Why a request of a surface failed; undefined of any other error. */
export function requestEndOf<F extends Frames>(error: unknown): RequestEnd<F['refusal']> | undefined {
  return error instanceof RequestFailed ? (error.end as RequestEnd<F['refusal']>) : undefined;
}

interface Pending<Ok> {
  readonly resolve: (ok: Ok) => void;
  readonly reject: (error: RequestFailed) => void;
  readonly cancel: () => void;
}

/** Requests that wait for their answer, by id. */
export class PendingRequests<Ok extends { readonly id: number }> {
  readonly #pending = new Map<number, Pending<Ok>>();

  constructor(private readonly surroundings: Pick<Surroundings, 'after' | 'passedMs'>) {}

  /** Waits for the answer; for `budgetMs` milliseconds at most, or without end. Rejects RequestFailed. */
  wait(id: number, budgetMs: number | undefined): Promise<Ok> {
    return new Promise((resolve, reject) => {
      const cancel =
        budgetMs === undefined
          ? () => undefined
          : deadline(this.surroundings, budgetMs, () => {
              this.#pending.delete(id);
              reject(new RequestFailed({ why: 'timeout' }));
            });
      this.#pending.set(id, { resolve, reject, cancel });
    });
  }

  answer(ok: Ok): void {
    this.#take(ok.id)?.resolve(ok);
  }

  /** False if it is about no request that waits. */
  refuse(refusal: Refusal): boolean {
    const pending = refusal.id === undefined ? undefined : this.#take(refusal.id);
    pending?.reject(new RequestFailed({ why: 'refused', ...refusal }));
    return pending !== undefined;
  }

  /** The socket went away: no answer comes any more. */
  lose(): void {
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(new RequestFailed({ why: 'lost' }));
  }

  #take(id: number): Pending<Ok> | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.cancel();
    return pending;
  }
}
