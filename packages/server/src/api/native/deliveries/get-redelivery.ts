import { redelivery } from '@housecount/schema';
import type { Redeliveries } from '../../../ledger/redelivery/redeliveries.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, path } from '../../request/parameters.ts';

export const redeliveryParameter = path('id', 'Id of the redelivery.');

interface Parts extends AppList {
  readonly redeliveries: Pick<Redeliveries, 'get'>;
}

export function getRedelivery(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/redeliveries/{id}',
    id: 'getRedelivery',
    summary: 'How a redelivery stands',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found'] },
    parameters: [appParameter, redeliveryParameter],
    answer: {
      description: 'The newest hundred that ended are remembered, until the server stops.',
      schema: redelivery,
    },
    handle: ({ context }) => parts.redeliveries.get(appOf(parts, context).id, context.params.id ?? ''),
  });
}
