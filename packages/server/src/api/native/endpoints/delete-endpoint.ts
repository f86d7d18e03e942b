import { deletedEndpoint } from '@housecount/schema';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';

interface Parts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'delete'>;
}

export function deleteEndpoint(parts: Parts): Operation {
  return operation({
    method: 'DELETE',
    path: '/v1/apps/{app}/endpoints/{id}',
    id: 'deleteEndpoint',
    summary: 'Delete an endpoint, and what waits for it',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'not_found', 'endpoint_read_only', 'log_unavailable', 'going_away'],
    },
    parameters: [appParameter, endpointParameter],
    answer: { description: 'It is gone.', schema: deletedEndpoint },
    async handle({ context }) {
      const id = endpointIdOf(context);
      await parts.endpoints.delete(appOf(parts, context).id, id);
      return { deleted: id };
    },
  });
}
