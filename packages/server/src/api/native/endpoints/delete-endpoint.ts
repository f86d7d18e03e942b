import { object, string } from '../../document/schema.ts';
import type { Operation } from '../../request/operation.ts';
import { appOf, appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';
import type { NativeParts } from '../parts.ts';

export function deleteEndpoint({ deps }: NativeParts): Operation {
  return {
    method: 'DELETE',
    path: '/v1/apps/{app}/endpoints/{id}',
    id: 'deleteEndpoint',
    summary: 'Delete an endpoint, and what waits for it',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'not_found', 'endpoint_read_only', 'log_unavailable', 'going_away'],
    },
    parameters: [appParameter, endpointParameter],
    answer: { description: 'It is gone.', schema: object({ deleted: string() }) },
    async handle({ context }) {
      const id = endpointIdOf(context);
      await deps.endpoints.delete(appOf(deps, context).id, id);
      return { deleted: id };
    },
  };
}
