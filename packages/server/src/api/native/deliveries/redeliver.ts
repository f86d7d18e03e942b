import { HousecountError } from '@housecount/protocol';
import { limits } from '../../../limits.ts';
import { integer, object, optional, ref } from '../../document/schema.ts';
import type { Operation } from '../../request/operation.ts';
import { appOf, appParameter } from '../../request/parameters.ts';
import type { NativeParts } from '../parts.ts';
import { readRedeliveryBody, redeliveryBodySchema } from './redelivery-body.ts';

export function redeliver({ deps }: NativeParts): Operation {
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
      const app = appOf(deps, context).id;
      const { endpoint, selection, dryRun } = readRedeliveryBody(app, body);
      if (!deps.notify.status().some((one) => one.app === app && one.endpointId === endpoint))
        throw new HousecountError('not_found', 'Name an endpoint of this app.');
      const request = { app, endpoint, selection };
      if (dryRun) return { notices: await deps.redeliveries.count(request, context.signal) };
      const redelivery = await deps.redeliveries.start(request, context.signal);
      return { notices: redelivery.notices, redelivery };
    },
  };
}
