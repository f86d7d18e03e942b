import { object, optional, ref } from '../../document/schema.ts';
import type { Operation } from '../../request/operation.ts';
import { appOf, appParameter } from '../../request/parameters.ts';
import type { NativeParts } from '../parts.ts';
import { endpointSettings, secretSchema, settings } from './endpoint-settings.ts';

export function createEndpoint({ deps }: NativeParts): Operation {
  return {
    method: 'POST',
    path: '/v1/apps/{app}/endpoints',
    id: 'createEndpoint',
    summary: 'Make an endpoint: a place where notices of an app go',
    description: 'It is disabled until `enable` has tested it.',
    style: {
      kind: 'native',
      refusals: ['invalid_app_id', 'endpoints_full', 'log_unavailable', 'going_away'],
    },
    parameters: [appParameter],
    body: object({ ...settings(endpointSettings.url), secret: optional(secretSchema) }),
    answer: {
      description: 'The secret is shown this once; one is made if none is given.',
      schema: ref('EndpointSecretShown'),
    },
    handle: ({ context, body }) => deps.endpoints.create(appOf(deps, context).id, body),
  };
}
