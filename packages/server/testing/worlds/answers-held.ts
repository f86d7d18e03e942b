import type { Operation } from '../../src/api/request/operation.ts';
import type { Route } from '../../src/net/http/route.ts';
import { FieldsSeen } from '../fields-seen.ts';

/** For tests: routes whose answers are held to the published shapes of their operations; streams and refusals are not. */
export class AnswersHeld {
  readonly routes: readonly Route[];
  readonly #misfits: string[] = [];

  /** The routes are those of the operations, in the same order. */
  constructor(routes: readonly Route[], operations: readonly Operation[]) {
    this.routes = routes.map((route, index) => {
      const operation = operations[index];
      if (operation?.path !== route.path || operation.method !== route.method)
        throw new Error(`${route.method} ${route.path} is not ${operation?.id}`);
      return this.#held(route, operation);
    });
  }

  /** @throws Error if an answer was not as its shape says, or had a field that the shape does not have. */
  check(): void {
    if (this.#misfits.length > 0)
      throw new Error(`answers are not as their shapes say: ${this.#misfits.join('; ')}`);
  }

  #held(route: Route, { id, answer }: Operation): Route {
    if (answer.contentType !== undefined) return route;
    const seen = new FieldsSeen(answer.schema);
    return {
      ...route,
      handle: async (request, context) => {
        const response = await route.handle(request, context);
        if (response.status === 200) {
          const value: unknown = await response.clone().json();
          this.#misfits.push(...seen.misfits(value).map((misfit) => `${id}: ${misfit}`));
        }
        return response;
      },
    };
  }
}
