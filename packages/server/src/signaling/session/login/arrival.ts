import type { Code } from '@housecount/protocol';
import type { SignalingApp } from '../../names/app.ts';
import { type Home, homeOf } from '../../names/home.ts';

export interface ArrivalStart {
  /** The id that the session will have. */
  readonly id: string;
  readonly app: SignalingApp;
  readonly userId: string;
  readonly address: string;
}

/** A session that the log is asked to take. What ends sessions ends it too: it is then put out as soon as the log has answered. */
export class Arrival {
  readonly id: string;
  readonly app: SignalingApp;
  readonly userId: string;
  readonly address: string;
  readonly home: Home;
  readonly #over = Promise.withResolvers<void>();
  #code: Code | undefined;

  constructor({ id, app, userId, address }: ArrivalStart) {
    this.id = id;
    this.app = app;
    this.userId = userId;
    this.address = address;
    this.home = homeOf(app.id, userId);
  }

  /** Why it is not to begin; undefined: it may. */
  get code(): Code | undefined {
    return this.#code;
  }

  /** Resolves when the log has answered, and it is out again if it was in. */
  end(code: Code): Promise<void> {
    this.#code ??= code;
    return this.#over.promise;
  }

  /** It is a session by now, or has been put out. */
  over(): void {
    this.#over.resolve();
  }
}
