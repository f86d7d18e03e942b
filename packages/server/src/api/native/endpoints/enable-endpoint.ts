import { codes } from '@housecount/protocol';
import { enabledEndpoint } from '@housecount/schema';
import type { EndpointRegistry } from '../../../notify/registry/endpoint-registry.ts';
import { type AppList, appOf } from '../../request/apps.ts';
import { type Operation, operation } from '../../request/operation.ts';
import { appParameter, endpointIdOf, endpointParameter } from '../../request/parameters.ts';

const refusal = { code: 'health_test_failed', ...codes.health_test_failed } as const;

interface Parts extends AppList {
  readonly endpoints: Pick<EndpointRegistry, 'enable'>;
}

export function enableEndpoint(parts: Parts): Operation {
  return operation({
    method: 'POST',
    path: '/v1/apps/{app}/endpoints/{id}/enable',
    id: 'enableEndpoint',
    summary: 'Test an endpoint and, if it passes, begin to deliver',
    description: 'If it does not pass, the refusal `health_test_failed` carries the `results` of the test.',
    style: {
      kind: 'native',
      refusals: [
        'invalid_app_id',
        'not_found',
        'endpoint_read_only',
        'endpoint_state',
        'health_test_failed',
        'rate_limited',
        'log_unavailable',
        'going_away',
      ],
    },
    parameters: [appParameter, endpointParameter],
    answer: {
      description: 'It passed, and gets what happens from now on.',
      schema: enabledEndpoint,
    },
    async handle({ context }) {
      const report = await parts.endpoints.enable(appOf(parts, context).id, endpointIdOf(context));
      if (report.ok) return { ...report, ok: true };
      const { code, http, message } = refusal;
      return Response.json(
        { code, message, requestId: context.requestId, results: report.results },
        { status: http, headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } },
      );
    },
  });
}
