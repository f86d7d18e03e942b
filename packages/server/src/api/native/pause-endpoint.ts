import type { Operation } from '../operation.ts';
import { appOf, appParameter, endpointIdOf, endpointParameter } from '../parameters.ts';
import { ref } from '../schema.ts';
import type { NativeParts } from './parts.ts';

export function pauseEndpoint({ deps }: NativeParts): Operation {
  return {
    method: 'POST',
    path: '/v1/apps/{app}/endpoints/{id}/pause',
    id: 'pauseEndpoint',
    summary: 'Stop delivering for now: notices wait',
    style: {
      kind: 'native',
      login: true,
      refusals: [
        'invalid_app_id',
        'not_found',
        'endpoint_read_only',
        'endpoint_state',
        'log_unavailable',
        'going_away',
      ],
    },
    parameters: [appParameter, endpointParameter],
    answer: { description: 'The endpoint as it is now.', schema: ref('Endpoint') },
    handle: ({ context }) => deps.endpoints.pause(appOf(deps, context).id, endpointIdOf(context)),
  };
}
