import type { Operation } from '../operation.ts';
import { appOf, appParameter, endpointIdOf, endpointParameter } from '../parameters.ts';
import { ref } from '../schema.ts';
import type { NativeParts } from './parts.ts';

export function resumeEndpoint({ deps }: NativeParts): Operation {
  return {
    method: 'POST',
    path: '/v1/apps/{app}/endpoints/{id}/resume',
    id: 'resumeEndpoint',
    summary: 'Go on delivering where the endpoint was',
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
    handle: ({ context }) => deps.endpoints.resume(appOf(deps, context).id, endpointIdOf(context)),
  };
}
