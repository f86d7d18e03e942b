import type { Authority } from '../access/auth.ts';
import { customerRoles } from '../access/customer.ts';
import { boolean, object, oneOf, optional, string } from '../document/schema.ts';
import type { Operation } from '../request/operation.ts';

interface Parts {
  readonly authority: Pick<Authority, 'identify'>;
  /** The public development app runs: no login from this machine, and demo tokens for everyone. */
  readonly development: boolean;
}

/** Tells a page whether it must ask for a login before anything else. */
export function getSession(parts: Parts): Operation {
  return {
    method: 'GET',
    path: '/v1/session',
    id: 'getSession',
    summary: 'Whether this caller needs a login',
    style: { kind: 'native', refusals: ['rate_limited'] },
    parameters: [],
    answer: {
      description: 'With or without credentials.',
      schema: object({
        development: boolean('The public development app runs.'),
        loginNeeded: boolean('The other resources answer 401 to this request as it is.'),
        customer: optional(string('Whose credentials were sent, if they are right.')),
        role: optional({ ...oneOf(...customerRoles), description: 'What this caller may do.' }),
        names: optional(boolean('False: this caller is not told who people are.')),
      }),
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
  };
}
