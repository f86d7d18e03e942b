import type { Operation } from '../operation.ts';
import { appOf, appParameter } from '../parameters.ts';
import { ref } from '../schema.ts';
import { redeliveryParameter } from './get-redelivery.ts';
import type { NativeParts } from './parts.ts';

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
