import { deliveryPage } from '@housecount/schema';
import { fixed } from '../../../fixed-limits.ts';
import type { Deliveries, DeliveryLimits } from '../../../ledger/deliveries/deliveries.ts';
import { limits as defaults } from '../../../limits.ts';
import { namesForbidden } from '../../access/access.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, queryInteger } from '../../request/parameters.ts';
import { filterOfQuery, filterParameters } from './delivery-filter.ts';

const fromNewest = Number.MAX_SAFE_INTEGER;
const cursor = queryInteger('cursor', 'The `next` of the page before.', {
  minimum: 0,
  maximum: fromNewest,
  default: fromNewest,
});
const limit = queryInteger('limit', 'Deliveries in one page.', {
  minimum: 1,
  maximum: fixed.pageMax,
  default: 100,
});

interface Parts extends AppList {
  readonly deliveries: Pick<Deliveries, 'search'>;
  /** Default: those of limits.ts. */
  readonly limits?: Pick<DeliveryLimits, 'deliveryDaysMax' | 'deliveryRowsMax'>;
}

export function searchDeliveries(parts: Parts): Operation {
  const { deliveryDaysMax, deliveryRowsMax } = parts.limits ?? defaults;
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/deliveries',
    id: 'searchDeliveries',
    summary: 'Which notices went where, and what came of it',
    description: `Kept for ${deliveryDaysMax} days and ${deliveryRowsMax} deliveries at most. A search that finds little in a large number answers short pages with a \`next\`.`,
    style: { kind: 'native', refusals: ['invalid_app_id'] },
    parameters: [appParameter, ...filterParameters, cursor, limit],
    answer: {
      description: 'By first attempt, newest first. All filters given must fit.',
      schema: deliveryPage,
    },
    handle({ context, caller }) {
      const app = appOf(parts, context).id;
      const filter = filterOfQuery(app, context.url.searchParams);
      // The result of a search by name would tell who it was.
      if (caller?.names === false && (filter.uid !== undefined || filter.account !== undefined))
        throw namesForbidden();
      return parts.deliveries.search({ filter, cursor: cursor.read(context), limit: limit.read(context) });
    },
  });
}
