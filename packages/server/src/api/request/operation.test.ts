import { expect, test } from 'bun:test';
import { anyOf, array, constant, integer, object, optional, record, string } from '@housecount/schema';
import { AnswersHeld } from '../../../testing/worlds/answers-held.ts';
import type { RequestContext } from '../../net/http/route.ts';
import { type Operation, operation } from './operation.ts';

const parts = {
  method: 'GET',
  path: '/v1/tried',
  id: 'listApps',
  summary: 'Tried',
  style: { kind: 'native', refusals: [] },
  parameters: [],
} as const;
const description = 'What is tried.';
const flat = { description, schema: object({ state: constant('on'), count: optional(integer()) }) };
const deep = {
  description,
  schema: object({
    data: anyOf(
      object({ isThere: constant(false) }),
      object({ isThere: constant(true), people: array(object({ name: string() })) }),
    ),
    labels: optional(record(string())),
  }),
};

test('SHAPE10: a handler whose answer lacks a field of the shape, or has one more, does not compile', () => {
  const made = [
    operation({ ...parts, answer: flat, handle: () => ({ state: 'on' }) }),
    operation({ ...parts, answer: flat, handle: async () => ({ state: 'on', count: 1 }) }),
    operation({
      ...parts,
      answer: flat,
      handle: ({ caller }) => ({ state: 'on', ...(caller && { count: 1 }) }),
    }),
    operation({ ...parts, answer: flat, handle: () => new Response('a stream') }),
    // @ts-expect-error: without the state.
    operation({ ...parts, answer: flat, handle: () => ({ count: 1 }) }),
    // @ts-expect-error: the same, later.
    operation({ ...parts, answer: flat, handle: async () => ({ count: 1 }) }),
    // @ts-expect-error: a state that is not listed.
    operation({ ...parts, answer: flat, handle: () => ({ state: 'off' }) }),
    // @ts-expect-error: with one that the shape has not.
    operation({ ...parts, answer: flat, handle: () => ({ state: 'on', more: 1 }) }),
    // @ts-expect-error: the same, later.
    operation({ ...parts, answer: flat, handle: async () => ({ state: 'on', more: 1 }) }),
    // @ts-expect-error: sometimes.
    operation({
      ...parts,
      answer: flat,
      handle: ({ caller }) => ({ state: 'on', ...(caller && { more: 1 }) }),
    }),

    operation({ ...parts, answer: deep, handle: () => ({ data: { isThere: false }, labels: { any: 'x' } }) }),
    operation({
      ...parts,
      answer: deep,
      handle({ caller }) {
        if (!caller) return { data: { isThere: false } };
        return { data: { isThere: true, people: [{ name: caller.role }] } };
      },
    }),
    operation({
      ...parts,
      answer: deep,
      // @ts-expect-error: one alternative lacks a field, the other has one of the first.
      handle({ caller }) {
        if (!caller) return { data: { isThere: false } };
        return { data: { isThere: true } };
      },
    }),
    // @ts-expect-error: of another alternative.
    operation({ ...parts, answer: deep, handle: () => ({ data: { isThere: false, people: [] } }) }),
    // @ts-expect-error: in an item of a list.
    operation({
      ...parts,
      answer: deep,
      handle: () => ({ data: { isThere: true, people: [{ name: 'x', age: 3 }] } }),
    }),
  ];
  // @ts-expect-error: one that is not held.
  const unheld: Operation = { ...parts, answer: flat, handle: () => ({ state: 'on' }) };
  expect([...made, unheld]).toHaveLength(16);
});

test('SHAPE10: the world of the API tests refuses an answer that is not as the published shape says', async () => {
  const tried = operation({ ...parts, answer: deep, handle: () => new Response() });
  const answers = [
    '{"data":{"isThere":true}}',
    '{"data":{"isThere":false},"more":1}',
    '{"data":{"isThere":false}}',
  ];
  const checks: (() => void)[] = [];
  for (const answer of answers) {
    const held = new AnswersHeld([{ ...parts, handle: () => new Response(answer) }], [tried]);
    const response = await held.routes[0]?.handle(new Request('http://127.0.0.1/'), {} as RequestContext);
    expect(await response?.text()).toBe(answer);
    checks.push(() => held.check());
  }
  const [lacks, more, fits] = checks;
  expect(lacks).toThrow('listApps: does not fit');
  expect(more).toThrow('listApps: .more');
  expect(fits).not.toThrow();
});

test('SHAPE10: a refusal that the document does not name of the operation, or that has more, is found', async () => {
  const tried = operation({
    ...parts,
    style: { kind: 'native', refusals: ['not_found'] },
    answer: flat,
    handle: () => ({ state: 'on' }),
  });
  const checkOf = async (status: number, body: object) => {
    const answer = Response.json({ message: 'No.', requestId: 'r', ...body }, { status });
    const held = new AnswersHeld([{ ...parts, handle: () => answer }], [tried]);
    await held.routes[0]?.handle(new Request('http://127.0.0.1/'), {} as RequestContext);
    return () => held.check();
  };
  expect(await checkOf(404, { code: 'not_found' })).not.toThrow();
  expect(await checkOf(404, { code: 'not_found', more: 1 })).toThrow('listApps: .more');
  expect(await checkOf(409, { code: 'not_found' })).toThrow(
    'listApps: 409 not_found is none of its refusals',
  );
  expect(await checkOf(409, { code: 'states_full' })).toThrow('states_full is none of its refusals');
  expect(await checkOf(503, { code: 'overloaded' })).not.toThrow();
});
