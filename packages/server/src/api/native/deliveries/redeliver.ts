import { HousecountError } from '@housecount/protocol';
import { readBody, redeliveryAnswer, redeliveryRequest } from '@housecount/schema';
import type { Redeliveries, RedeliveryLimits } from '../../../ledger/redelivery/redeliveries.ts';
import { limits as defaults } from '../../../limits.ts';
import type { Notify } from '../../../notify/contract.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter } from '../../request/parameters.ts';
import { selectionOf } from './redelivery-selection.ts';

interface Parts extends AppList {
  readonly notify: Pick<Notify, 'status'>;
  readonly redeliveries: Pick<Redeliveries, 'count' | 'start'>;
  /** Default: those of limits.ts. */
  readonly limits?: Pick<RedeliveryLimits, 'redeliveryNoticesMax' | 'redeliveryFailuresMax'>;
}

export function redeliver(parts: Parts): Operation {
  const { redeliveryNoticesMax, redeliveryFailuresMax } = parts.limits ?? defaults;
  return operation({
    method: 'POST',
    path: '/v1/apps/{app}/redeliver',
    id: 'redeliver',
    summary: 'Send notices to an endpoint once more',
    description: `In the order of the log, one attempt each, under the same noticeId and with the same bytes but for the time of sending and the signatures. At most ${redeliveryNoticesMax} notices. It ends after ${redeliveryFailuresMax} failed attempts in a row.`,
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
    body: redeliveryRequest,
    answer: {
      description: 'It goes on by itself: read its progress under its id.',
      schema: redeliveryAnswer,
    },
    async handle({ context, body }) {
      const app = appOf(parts, context).id;
      const request = readBody(redeliveryRequest, body);
      const { endpoint, dryRun } = request;
      const asked = { app, endpoint, selection: selectionOf(app, request) };
      if (!parts.notify.status().some((one) => one.app === app && one.endpointId === endpoint))
        throw new HousecountError('not_found', 'Name an endpoint of this app.');
      if (dryRun) return { notices: await parts.redeliveries.count(asked, context.signal) };
      const redelivery = await parts.redeliveries.start(asked, context.signal);
      return { notices: redelivery.notices, redelivery };
    },
  });
}
