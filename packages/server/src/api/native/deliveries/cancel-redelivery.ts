import { ref } from '../../document/schema.ts';
import type { Operation } from '../../request/operation.ts';
import { appOf, appParameter } from '../../request/parameters.ts';
import type { NativeParts } from '../parts.ts';
import { redeliveryParameter } from './get-redelivery.ts';

export function cancelRedelivery({ deps }: NativeParts): Operation {
  return {
    method: 'DELETE',
    path: '/v1/apps/{app}/redeliveries/{id}',
    id: 'cancelRedelivery',
    summary: 'End a redelivery',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found'] },
    parameters: [appParameter, redeliveryParameter],
    answer: {
      description: 'Attempts under way are broken off. One that had ended stays as it was.',
      schema: ref('Redelivery'),
    },
    handle: ({ context }) => deps.redeliveries.cancel(appOf(deps, context).id, context.params.id ?? ''),
  };
}
