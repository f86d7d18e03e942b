import { afterAll, beforeAll, expect, test } from 'bun:test';
import { fits } from '@housecount/schema';
import fc from 'fast-check';
import { type ApiWorld, openApiWorld } from '../../../testing/worlds/api-world.ts';
import type { RequestContext } from '../../net/http/route.ts';
import { apiOperations } from '../routes.ts';
import type { Parameter, Readable } from './parameters.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld({ development: true });
});
afterAll(() => world.close());

const isReadable = (parameter: Parameter): parameter is Readable<unknown> => 'read' in parameter;

test('SHAPE9: a whole number or a choice in the query is taken exactly where its published schema takes it', () => {
  const parameters = apiOperations(world.deps)
    .flatMap((operation) => [...operation.parameters])
    .filter(isReadable)
    .filter(({ schema }) => schema.type === 'integer' || (schema.enum && schema.default !== undefined));
  expect(parameters.length).toBeGreaterThan(5);
  for (const { name, schema, read } of parameters) {
    const { minimum = 0, maximum = 0, enum: values = [] } = schema as Readonly<Record<string, never>>;
    const texts = [
      minimum,
      maximum,
      minimum - 1,
      maximum + 1,
      ...(values as string[]),
      '',
      ' 1',
      '1.5',
      'x',
      '-0',
    ];
    const text = fc.oneof(fc.constantFrom(...texts.map(String)), fc.nat().map(String), fc.string());
    fc.assert(
      fc.property(text, (given) => {
        const url = new URL(`http://localhost/?${new URLSearchParams({ [name]: given })}`);
        let isTaken = true;
        try {
          read({ url } as RequestContext);
        } catch (error) {
          expect(error).toMatchObject({ code: 'query_invalid' });
          isTaken = false;
        }
        const value = schema.type === 'integer' ? (/^\d{1,16}$/.test(given) ? Number(given) : given) : given;
        expect([name, given, isTaken]).toEqual([name, given, fits(schema, value)]);
      }),
      { numRuns: 100 },
    );
  }
});
