import { redelivery } from '@housecount/schema';
import type { Redeliveries } from '../../../ledger/redelivery/redeliveries.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter } from '../../request/parameters.ts';
import { redeliveryParameter } from './get-redelivery.ts';

interface Parts extends AppList {
  readonly redeliveries: Pick<Redeliveries, 'cancel'>;
}

export function cancelRedelivery(parts: Parts): Operation {
  return operation({
    method: 'DELETE',
    path: '/v1/apps/{app}/redeliveries/{id}',
    id: 'cancelRedelivery',
    summary: 'End a redelivery',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found'] },
    parameters: [appParameter, redeliveryParameter],
    answer: {
      description: 'Attempts under way are broken off. One that had ended stays as it was.',
      schema: redelivery,
    },
    handle: ({ context }) => parts.redeliveries.cancel(appOf(parts, context).id, context.params.id ?? ''),
  });
}
