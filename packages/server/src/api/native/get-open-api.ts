import type { Operation } from '../request/operation.ts';
import type { NativeParts } from './parts.ts';

export function getOpenApi({ document }: NativeParts): Operation {
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
