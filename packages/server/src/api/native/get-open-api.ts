import type { JsonSchema } from '@housecount/schema';
import { type Operation, operation } from '../request/operation.ts';

export function getOpenApi({ document }: { readonly document: () => JsonSchema }): Operation {
  return operation({
    method: 'GET',
    path: '/v1/openapi.json',
    id: 'getOpenApi',
    summary: 'This document',
    style: { kind: 'native', refusals: [] },
    parameters: [],
    answer: { description: 'An OpenAPI 3.1 document.', schema: { type: 'object' } },
    handle: document,
  });
}
