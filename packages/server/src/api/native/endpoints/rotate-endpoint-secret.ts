import { endpointSecretShown } from '@housecount/schema';
import { rotationBody } from '../../../notify/endpoint/endpoint-body.ts';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';

interface Parts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'rotateSecret'>;
}

export function rotateEndpointSecret(parts: Parts): Operation {
  return operation({
    method: 'POST',
    path: '/v1/apps/{app}/endpoints/{id}/rotate-secret',
    id: 'rotateEndpointSecret',
    summary: 'Give an endpoint another signing secret',
    description:
      'The one before signs on for a while, so that the receiver can be changed without a gap. At most two are active at once.',
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
    body: rotationBody,
    bodyRequired: false,
    answer: { description: 'The secret is shown this once.', schema: endpointSecretShown },
    handle: ({ context, body }) =>
      parts.endpoints.rotateSecret(appOf(parts, context).id, endpointIdOf(context), body),
  });
}
