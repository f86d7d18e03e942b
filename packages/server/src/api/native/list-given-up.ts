import { HousecountError } from '@housecount/protocol';
import { limits } from '../../limits.ts';
import type { Operation } from '../operation.ts';
import { appOf, appParameter, queryInteger, queryText } from '../parameters.ts';
import { array, boolean, integer, object, ref, string } from '../schema.ts';
import type { NativeParts } from './parts.ts';

const endpointParameter = queryText('endpoint', 'Endpoint id; may be left out if the app has one endpoint.');
const after = queryInteger('after', 'The `next` of the page before.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
});
const limit = queryInteger('limit', 'Notices in one page.', {
  minimum: 1,
  maximum: limits.pageMax,
  default: 100,
});

export function listGivenUp({ deps }: NativeParts): Operation {
  return {
    method: 'GET',
    path: '/v1/apps/{app}/given-up',
    id: 'listGivenUp',
    summary: 'Notices that an endpoint did not take',
    style: { kind: 'native', login: true, refusals: ['invalid_app_id', 'not_found'] },
    parameters: [appParameter, endpointParameter, after, limit],
    answer: {
      description: 'Oldest first. After a crash a notice may stand here twice, under one noticeId.',
      schema: object({
        endpoint: string(),
        notices: array(ref('GivenUp')),
        next: integer('Send it as `after` for the next page.'),
        more: boolean('This page is full: there may be more.'),
      }),
    },
    async handle({ context }) {
      const app = appOf(deps, context).id;
      const own = deps.notify.status().filter((endpoint) => endpoint.app === app);
      const given = endpointParameter.read(context);
      const endpoint = given === undefined && own.length === 1 ? own[0]?.endpointId : given;
      if (endpoint === undefined || !own.some(({ endpointId }) => endpointId === endpoint))
        throw new HousecountError('not_found', 'Name an endpoint of this app.');
      const size = limit.read(context);
      const { entries, next } = await deps.notify.givenUp(endpoint, after.read(context), size);
      const notices = entries.map((entry) => {
        const delivery = deps.deliveries.delivery(endpoint, entry.noticeId);
        return delivery?.status === 'delivered' ? { ...entry, takenMs: delivery.lastMs } : entry;
      });
      return { endpoint, notices, next, more: entries.length === size };
    },
  };
}
