import { ref } from '../../document/schema.ts';
import type { Operation } from '../../request/operation.ts';
import { appOf, appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';
import type { NativeParts } from '../parts.ts';

const summaries = {
  pause: 'Stop delivering for now: notices wait',
  resume: 'Go on delivering where the endpoint was',
} as const;

/** Pausing and resuming an endpoint: the same but for what is done. */
export function switchEndpoint({ deps }: NativeParts, to: 'pause' | 'resume'): Operation {
  return {
    method: 'POST',
    path: `/v1/apps/{app}/endpoints/{id}/${to}`,
    id: `${to}Endpoint` as const,
    summary: summaries[to],
    style: {
      kind: 'native',
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
    handle: ({ context }) => deps.endpoints[to](appOf(deps, context).id, endpointIdOf(context)),
  };
}
