import { expect, test } from 'bun:test';
import type { RequestTable } from './names/request.ts';
import { requestTable } from './requests.ts';

/** The parts that the lines need are not read before a request comes. */
const parts = {} as Parameters<typeof requestTable>[0];

test('KIT8: a kind of request without a line does not compile, and each says what it needs and with what it is counted', () => {
  const { 'acquire-lock': _, ...others } = requestTable(parts);
  // @ts-expect-error: a line is missing.
  const incomplete: RequestTable = others;
  expect(Object.keys(incomplete)).not.toContain('acquire-lock');
  // @ts-expect-error: it does not say what it needs.
  const careless: RequestTable = { ...requestTable(parts), publish: { rate: 'publish', handle: () => ({}) } };
  expect(careless.publish.need).toBeUndefined();
  for (const { need, rate, handle } of Object.values(requestTable(parts)))
    expect([typeof need, typeof rate, typeof handle]).toEqual(['function', 'string', 'function']);
});
