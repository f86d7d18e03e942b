import { endpointSecretShown, newEndpoint } from '@housecount/schema';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter } from '../../request/parameters.ts';

interface Parts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'create'>;
}

export function createEndpoint(parts: Parts): Operation {
  return operation({
    method: 'POST',
    path: '/v1/apps/{app}/endpoints',
    id: 'createEndpoint',
    summary: 'Make an endpoint: a place where notices of an app go',
    description: 'It is disabled until `enable` has tested it.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'endpoints_full', 'log_unavailable', 'going_away'],
    },
    parameters: [appParameter],
    body: newEndpoint,
    answer: {
      description: 'The secret is shown this once; one is made if none is given.',
      schema: endpointSecretShown,
    },
    handle: ({ context, body }) => parts.endpoints.create(appOf(parts, context).id, body),
  });
}
