import { codes } from '@housecount/protocol';
import { array, boolean, described, integer, named, object, oneOf, optional, string } from '../shape.ts';
import { role } from './channels.ts';
import { testResult } from './endpoints.ts';

/** Who asks, and what they may. */

/**
 * What a customer may do: `read` looks on; `operate` also acts on people, messages and deliveries; `admin` also says where
 * notices go.
 */
export const customerRoles = ['read', 'operate', 'admin'] as const;

export const session = named(
  'Session',
  object({
    development: boolean('The public development app runs.'),
    loginNeeded: boolean('The other resources answer 401 to this request as it is.'),
    customer: optional(string('Whose credentials were sent, if they are right.')),
    role: optional(described('What this caller may do.', oneOf(...customerRoles))),
    names: optional(boolean('False: this caller is not told who people are.')),
  }),
);
const appSummary = named(
  'AppSummary',
  object({
    id: string(),
    certificate: optional(string('The certificate; only that of the public development app is shown.')),
    openTo: optional(
      described('Who joins an app without certificate without a token.', oneOf('thisMachine', 'everybody')),
    ),
  }),
);
export const appList = named('AppList', object({ apps: array(appSummary) }));
export const demoToken = named(
  'DemoToken',
  object({
    app: string(),
    channel: string(),
    token: string(),
    role,
    expiresMs: integer('UTC epoch milliseconds.'),
  }),
);

const codeNames = Object.keys(codes) as (keyof typeof codes)[];
export const refusalBody = named(
  'Refusal',
  object(
    {
      code: oneOf(...codeNames),
      message: string('A sentence for a person.'),
      requestId: string('Also in X-Request-ID and in the log of the server.'),
      results: optional(
        described('With `health_test_failed`: each test, and why it failed.', array(testResult)),
      ),
    },
    'A request that was refused. Decide by `code`: codes are never renamed.',
  ),
);
export const agoraRefusal = named(
  'AgoraRefusal',
  object({ message: string(), code: optional(string('The code of the native API.')) }),
);
