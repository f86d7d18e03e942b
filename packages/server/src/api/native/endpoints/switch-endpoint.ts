import { endpoint } from '@housecount/schema';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';

const summaries = {
  pause: 'Stop delivering for now: notices wait',
  resume: 'Go on delivering where the endpoint was',
} as const;

export interface SwitchParts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'pause' | 'resume'>;
}

/** Pausing and resuming an endpoint: the same but for what is done. */
export const switchEndpoint =
  (to: 'pause' | 'resume') =>
  (parts: SwitchParts): Operation =>
    operation({
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
      answer: { description: 'The endpoint as it is now.', schema: endpoint },
      handle: ({ context }) => parts.endpoints[to](appOf(parts, context).id, endpointIdOf(context)),
    });
