import { session } from '@housecount/schema';
import type { Authority } from '../access/auth.ts';
import { type Operation, operation } from '../request/operation.ts';

interface Parts {
  readonly authority: Pick<Authority, 'identify'>;
  /** The public development app runs: no login from this machine, and demo tokens for everyone. */
  readonly development: boolean;
}

/** Tells a page whether it must ask for a login before anything else. */
export function getSession(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/v1/session',
    id: 'getSession',
    summary: 'Whether this caller needs a login',
    style: { kind: 'native', refusals: ['rate_limited'] },
    parameters: [],
    answer: {
      description: 'With or without credentials.',
      schema: session,
    },
    handle({ request, context }) {
      const caller = parts.authority.identify(request, context);
      return {
        development: parts.development,
        loginNeeded: caller === undefined,
        ...(caller?.customer !== undefined && { customer: caller.customer }),
        ...(caller && { role: caller.role, names: caller.names }),
      };
    },
  });
}
