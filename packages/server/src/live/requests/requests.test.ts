import { expect, test } from 'bun:test';
import type { RequestTable } from './request.ts';
import { requestTable } from './requests.ts';

/** The parts that the lines need are not read before a request comes. */
const parts = {} as Parameters<typeof requestTable>[0];

test('KIT8: a kind of request without a line does not compile, and each says who may not ask for it', () => {
  const { 'set-role': _, ...others } = requestTable(parts);
  // @ts-expect-error: a line is missing.
  const incomplete: RequestTable = others;
  expect(Object.keys(incomplete)).not.toContain('set-role');
  for (const { refusal, handle } of Object.values(requestTable(parts)))
    expect([typeof refusal, typeof handle]).toEqual(['function', 'function']);
});
