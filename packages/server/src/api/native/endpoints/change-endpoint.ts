import { endpoint, endpointChange } from '@housecount/schema';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';

interface Parts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'change'>;
}

export function changeEndpoint(parts: Parts): Operation {
  return operation({
    method: 'PATCH',
    path: '/v1/apps/{app}/endpoints/{id}',
    id: 'changeEndpoint',
    summary: 'Change settings of an endpoint',
    description:
      'What is absent stays as it is. A change holds from the next attempt on, for notices that wait for their retry too.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'not_found', 'endpoint_read_only', 'log_unavailable', 'going_away'],
    },
    parameters: [appParameter, endpointParameter],
    body: endpointChange,
    answer: { description: 'The endpoint as it is now.', schema: endpoint },
    handle: ({ context, body }) =>
      parts.endpoints.change(appOf(parts, context).id, endpointIdOf(context), body),
  });
}
