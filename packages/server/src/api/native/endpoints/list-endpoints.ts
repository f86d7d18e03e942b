import { array, object, ref } from '../../document/schema.ts';
import type { Operation } from '../../request/operation.ts';
import { appOf, appParameter } from '../../request/parameters.ts';
import type { NativeParts } from '../parts.ts';

export function listEndpoints({ deps }: NativeParts): Operation {
  return {
    method: 'GET',
    path: '/v1/apps/{app}/endpoints',
    id: 'listEndpoints',
    summary: 'Where the notices of an app go, and how that stands',
    style: { kind: 'native', refusals: ['invalid_app_id'] },
    parameters: [appParameter],
    answer: {
      description: 'Secrets and header values are not shown.',
      schema: object({ endpoints: array(ref('Endpoint')) }),
    },
    handle: ({ context }) => ({ endpoints: deps.endpoints.list(appOf(deps, context).id) }),
  };
}
