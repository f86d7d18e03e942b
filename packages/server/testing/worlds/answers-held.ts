import { codes } from '@housecount/protocol';
import { agoraRefusal, refusalBody } from '@housecount/schema';
import { accessRules } from '../../src/api/access/access-rules.ts';
import { refusalCodes } from '../../src/api/document/openapi.ts';
import type { Operation } from '../../src/api/request/operation.ts';
import type { Route } from '../../src/net/http/route.ts';
import { FieldsSeen } from '../fields-seen.ts';

/**
 * For tests: routes whose answers are held to the published shapes of their operations, and whose refusals to the shape and the
 * codes that the document names; streams are not.
 */
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

  /** @throws Error if an answer was not as its shape says, had a field that the shape does not have, or was a refusal that the document does not name. */
  check(): void {
    if (this.#misfits.length > 0)
      throw new Error(`answers are not as their shapes say: ${this.#misfits.join('; ')}`);
  }

  #held(route: Route, operation: Operation): Route {
    const { id, answer } = operation;
    const answered = new FieldsSeen(answer.schema);
    const refused = refusalsOf(operation);
    return {
      ...route,
      handle: async (request, context) => {
        const response = await route.handle(request, context);
        const { status } = response;
        if (status === 200 && answer.contentType !== undefined) return response;
        if (status !== 200 && status < 400) return response;
        const value: unknown = await response.clone().json();
        const misfits = status === 200 ? answered.misfits(value) : refused(status, value);
        this.#misfits.push(...misfits.map((misfit) => `${id}: ${misfit}`));
        return response;
      },
    };
  }
}

/** The parts of a refusal that the document does not name; a fault of the server is named by none. */
function refusalsOf(operation: Operation): (status: number, value: unknown) => readonly string[] {
  const named = [...refusalCodes(operation, accessRules[operation.id])];
  const shape = new FieldsSeen(operation.style.kind === 'native' ? refusalBody : agoraRefusal);
  return (status, value) => {
    if (status >= 500) return shape.misfits(value);
    const { code } = value as { code?: unknown };
    const isNamed = named.some((each) => codes[each].http === status && (code ?? each) === each);
    return [...shape.misfits(value), ...(isNamed ? [] : [`${status} ${code} is none of its refusals`])];
  };
}
