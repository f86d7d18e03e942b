import { endpoint } from '@housecount/schema';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';

interface Parts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'get'>;
}

export function getEndpoint(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/endpoints/{id}',
    id: 'getEndpoint',
    summary: 'Where notices of an app go, and how that stands',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found'] },
    parameters: [appParameter, endpointParameter],
    answer: { description: 'Secrets and header values are not shown.', schema: endpoint },
    handle: ({ context }) => parts.endpoints.get(appOf(parts, context).id, endpointIdOf(context)),
  });
}
