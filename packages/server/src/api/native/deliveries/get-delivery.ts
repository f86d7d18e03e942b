import { HousecountError } from '@housecount/protocol';
import { deliveryWithAttempts } from '@housecount/schema';
import { fixed } from '../../../fixed-limits.ts';
import type { Deliveries } from '../../../ledger/deliveries/deliveries.ts';
import { limits as defaults, type LimitsOf } from '../../../limits.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, path } from '../../request/parameters.ts';

interface Parts extends AppList {
  readonly deliveries: Pick<Deliveries, 'read'>;
  /** Default: those of limits.ts. */
  readonly limits?: LimitsOf<'deliveryExchangeCharsMax'>;
}

export function getDelivery(parts: Parts): Operation {
  const { deliveryExchangeCharsMax } = parts.limits ?? defaults;
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/deliveries/{endpoint}/{noticeId}',
    id: 'getDelivery',
    summary: 'One delivery with its attempts: request, answer and what followed',
    description: `The first ${fixed.deliveryAttemptsMax} attempts and those that ended it, with requests and answers of at most ${deliveryExchangeCharsMax} characters together. Signatures are shown as sent; the values of an endpoint\u2019s own headers are not kept.`,
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found'] },
    parameters: [appParameter, path('endpoint', 'Endpoint id.'), path('noticeId', 'Id of the notice.')],
    answer: { description: '`not_found` if it is not kept.', schema: deliveryWithAttempts },
    handle({ context }) {
      const app = appOf(parts, context).id;
      const { endpoint = '', noticeId = '' } = context.params;
      const found = parts.deliveries.read(app, endpoint, noticeId);
      if (!found) throw new HousecountError('not_found', 'This delivery is not kept.');
      return found;
    },
  });
}
