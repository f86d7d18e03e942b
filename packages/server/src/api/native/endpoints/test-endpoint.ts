import { testReport } from '@housecount/schema';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';

interface Parts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'test'>;
}

export function testEndpoint(parts: Parts): Operation {
  return operation({
    method: 'POST',
    path: '/v1/apps/{app}/endpoints/{id}/test',
    id: 'testEndpoint',
    summary: 'Send a test notice of each type the endpoint takes',
    description:
      'Test notices speak of channel test_webhook and uid 12121212. Each must be answered 200 within 10 s.',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found', 'rate_limited'] },
    parameters: [appParameter, endpointParameter],
    answer: { description: 'What each test notice came to.', schema: testReport },
    handle: ({ context }) => parts.endpoints.test(appOf(parts, context).id, endpointIdOf(context)),
  });
}
