import { endpointList } from '@housecount/schema';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter } from '../../request/parameters.ts';

interface Parts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'list'>;
}

export function listEndpoints(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/endpoints',
    id: 'listEndpoints',
    summary: 'Where the notices of an app go, and how that stands',
    style: { kind: 'native', refusals: ['invalid_app_id'] },
    parameters: [appParameter],
    answer: {
      description: 'Secrets and header values are not shown.',
      schema: endpointList,
    },
    handle: ({ context }) => ({ endpoints: parts.endpoints.list(appOf(parts, context).id) }),
  });
}
