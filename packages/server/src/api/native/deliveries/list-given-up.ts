import { HousecountError } from '@housecount/protocol';
import { givenUpPage } from '@housecount/schema';
import { fixed } from '../../../fixed-limits.ts';
import type { Deliveries } from '../../../ledger/deliveries/deliveries.ts';
import type { Notify } from '../../../notify/contract.ts';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, queryInteger, queryText } from '../../request/parameters.ts';

const endpointParameter = queryText('endpoint', 'Endpoint id; may be left out if the app has one endpoint.');
const after = queryInteger('after', 'The `next` of the page before.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
});
const limit = queryInteger('limit', 'Notices in one page.', {
  minimum: 1,
  maximum: fixed.pageMax,
  default: 100,
});

interface Parts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'list' | 'get'>;
  readonly notify: Pick<Notify, 'status' | 'givenUp'>;
  readonly deliveries: Pick<Deliveries, 'delivery'>;
}

export function listGivenUp(parts: Parts): Operation {
  return operation({
    method: 'GET',
    path: '/v1/apps/{app}/given-up',
    id: 'listGivenUp',
    summary: 'Notices that an endpoint did not take',
    style: { kind: 'native', refusals: ['invalid_app_id', 'not_found'] },
    parameters: [appParameter, endpointParameter, after, limit],
    answer: {
      description: 'Oldest first. After a crash a notice may stand here twice, under one noticeId.',
      schema: givenUpPage,
    },
    async handle({ context }) {
      const app = appOf(parts, context).id;
      const endpoint = endpointParameter.read(context) ?? onlyOneOf(parts.endpoints.list(app));
      parts.endpoints.get(app, endpoint);
      const size = limit.read(context);
      const begin = after.read(context);
      // An endpoint that was never enabled was never sent anything.
      const isServed = parts.notify.status().some(({ endpointId }) => endpointId === endpoint);
      const { entries, next } = isServed
        ? await parts.notify.givenUp(endpoint, begin, size)
        : { entries: [], next: begin };
      const notices = entries.map((entry) => {
        const delivery = parts.deliveries.delivery(endpoint, entry.noticeId);
        return delivery?.status === 'delivered' ? { ...entry, takenMs: delivery.lastMs } : entry;
      });
      return { endpoint, notices, next, more: entries.length === size };
    },
  });
}

function onlyOneOf(endpoints: readonly { readonly endpointId: string }[]): string {
  const [one] = endpoints;
  if (!one || endpoints.length > 1)
    throw new HousecountError(
      'not_found',
      one ? 'Name an endpoint of this app.' : 'The app has no endpoint.',
    );
  return one.endpointId;
}
