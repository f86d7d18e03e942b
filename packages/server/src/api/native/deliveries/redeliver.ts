import { HousecountError } from '@housecount/protocol';
import type { Redeliveries } from '../../../ledger/redelivery/redeliveries.ts';
import { limits } from '../../../limits.ts';
import type { Notify } from '../../../notify/notify.ts';
import { integer, object, optional, ref } from '../../document/schema.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import type { Operation } from '../../request/operation.ts';
import { appParameter } from '../../request/parameters.ts';
import { readRedeliveryBody, redeliveryBodySchema } from './redelivery-body.ts';

interface Parts extends AppList {
  readonly notify: Pick<Notify, 'status'>;
  readonly redeliveries: Pick<Redeliveries, 'count' | 'start'>;
}

export function redeliver(parts: Parts): Operation {
  return {
    method: 'POST',
    path: '/v1/apps/{app}/redeliver',
    id: 'redeliver',
    summary: 'Send notices to an endpoint once more',
    description: `In the order of the log, one attempt each, under the same noticeId and with the same bytes but for the time of sending and the signatures. At most ${limits.redeliveryNoticesMax} notices. It ends after ${limits.redeliveryFailuresMax} failed attempts in a row.`,
    style: {
      kind: 'native',
      refusals: [
        'invalid_app_id',
        'not_found',
        'body_invalid',
        'media_type_unsupported',
        'query_invalid',
        'no_longer_kept',
        'overloaded',
        'going_away',
      ],
    },
    parameters: [appParameter],
    body: redeliveryBodySchema,
    answer: {
      description: 'It goes on by itself: read its progress under its id.',
      schema: object({
        notices: integer('How many are sent, or would be.'),
        redelivery: optional(ref('Redelivery')),
      }),
    },
    async handle({ context, body }) {
      const app = appOf(parts, context).id;
      const { endpoint, selection, dryRun } = readRedeliveryBody(app, body);
      if (!parts.notify.status().some((one) => one.app === app && one.endpointId === endpoint))
        throw new HousecountError('not_found', 'Name an endpoint of this app.');
      const request = { app, endpoint, selection };
      if (dryRun) return { notices: await parts.redeliveries.count(request, context.signal) };
      const redelivery = await parts.redeliveries.start(request, context.signal);
      return { notices: redelivery.notices, redelivery };
    },
  };
}
