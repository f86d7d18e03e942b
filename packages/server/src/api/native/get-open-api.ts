import type { Schema } from '../document/schema.ts';
import type { Operation } from '../request/operation.ts';

export function getOpenApi({ document }: { readonly document: () => Schema }): Operation {
  return {
    method: 'GET',
    path: '/v1/openapi.json',
    id: 'getOpenApi',
    summary: 'This document',
    style: { kind: 'native', refusals: [] },
    parameters: [],
    answer: { description: 'An OpenAPI 3.1 document.', schema: { type: 'object' } },
    handle: document,
  };
}
