import { ref } from '../../document/schema.ts';
import type { Operation } from '../../request/operation.ts';
import { appOf, appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';
import type { NativeParts } from '../parts.ts';

export function getEndpoint({ deps }: NativeParts): Operation {
  return {
    method: 'GET',
    path: '/v1/apps/{app}/endpoints/{id}',
    id: 'getEndpoint',
    summary: 'Where notices of an app go, and how that stands',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found'] },
    parameters: [appParameter, endpointParameter],
    answer: { description: 'Secrets and header values are not shown.', schema: ref('Endpoint') },
    handle: ({ context }) => deps.endpoints.get(appOf(deps, context).id, endpointIdOf(context)),
  };
}
