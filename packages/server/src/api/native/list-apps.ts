import { appsOf } from '../access/access.ts';
import { array, object, oneOf, optional, string } from '../document/schema.ts';
import type { Operation } from '../request/operation.ts';
import type { NativeParts } from './parts.ts';

export function listApps({ deps }: NativeParts): Operation {
  return {
    method: 'GET',
    path: '/v1/apps',
    id: 'listApps',
    summary: 'The apps of the customer',
    style: { kind: 'native', refusals: [] },
    parameters: [],
    answer: {
      description: 'In the order of the configuration.',
      schema: object({
        apps: array(
          object({
            id: string(),
            certificate: optional(string('Only of the public development app.')),
            openTo: optional({
              ...oneOf('thisMachine', 'everybody'),
              description: 'Of an app without certificate: who joins it without a token.',
            }),
          }),
        ),
      }),
    },
    handle: ({ caller }) => ({
      apps: (caller ? appsOf(deps.apps, caller) : []).map(({ id, certificate, openTo }) => ({
        id,
        ...(deps.development && certificate !== undefined && { certificate }),
        ...(openTo !== undefined && { openTo }),
      })),
    }),
  };
}
