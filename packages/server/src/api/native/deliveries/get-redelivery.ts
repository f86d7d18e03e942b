import { ref } from '../../document/schema.ts';
import type { Operation } from '../../request/operation.ts';
import { appOf, appParameter, path } from '../../request/parameters.ts';
import type { NativeParts } from '../parts.ts';

export const redeliveryParameter = path('id', 'Id of the redelivery.');

export function getRedelivery({ deps }: NativeParts): Operation {
  return {
    method: 'GET',
    path: '/v1/apps/{app}/redeliveries/{id}',
    id: 'getRedelivery',
    summary: 'How a redelivery stands',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found'] },
    parameters: [appParameter, redeliveryParameter],
    answer: {
      description: 'The newest hundred that ended are remembered, until the server stops.',
      schema: ref('Redelivery'),
    },
    handle: ({ context }) => deps.redeliveries.get(appOf(deps, context).id, context.params.id ?? ''),
  };
}
