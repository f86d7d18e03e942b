import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import {
  both,
  closed,
  named,
  newRule,
  object,
  optional,
  Publication,
  readBody,
  refusal,
  string,
  type TypeOf,
} from '@housecount/schema';
import { clientTypes } from '@housecount/schema/text/operations';
import { tableOf } from '@housecount/schema/text/table';
import { declarationsOf } from '@housecount/schema/text/typescript';
import { generatedFiles } from '../../../testing/generated-files.ts';

/** A shape of the API with one field more, which is all that whoever adds one writes. */
const rule = named(
  'NewRule',
  closed({ channel: string(), note: optional(string('Why.', { maxLength: 5 })) }),
);

test('SHAPE1: a field that is added to a shape is in its type and its parser', () => {
  const fitting: TypeOf<typeof rule> = { channel: 'x', note: 'spam' };
  expect(readBody(rule, fitting).note).toBe('spam');
  expect(() => readBody(rule, { channel: 'x', note: 'much too long' })).toThrow(
    expect.objectContaining({ code: 'body_invalid', message: expect.stringContaining('"note" must be') }),
  );
  expect(() => readBody(rule, { channel: 'x', reason: 'spam' })).toThrow(
    expect.objectContaining({ message: expect.stringContaining('Unknown field "reason"') }),
  );
  // @ts-expect-error A field that is in no shape is in no type.
  const unknown: TypeOf<typeof rule> = { channel: 'x', reason: 'spam' };
  expect(unknown).toBeDefined();
});

test('SHAPE1: and in the OpenAPI document, the table of the docs and the types of the client', () => {
  const publication = new Publication();
  expect(publication.schema(rule)).toEqual({ $ref: '#/components/schemas/NewRule' });
  expect(publication.components.NewRule).toEqual({
    type: 'object',
    properties: { channel: { type: 'string' }, note: { type: 'string', description: 'Why.', maxLength: 5 } },
    required: ['channel'],
    additionalProperties: false,
  });
  expect(tableOf(rule)).toContain('| `note` (optional) | `string` | Why. At most 5 characters. |');
  const operation = {
    id: 'createRule',
    method: 'POST',
    path: '/rules',
    summary: 'Make a rule',
    parameters: [],
  };
  const types = clientTypes([{ ...operation, body: rule, answer: { schema: rule } }]);
  expect(types).toContain('readonly createRule: {\n    readonly given: {};\n    readonly body: NewRule;');
  expect(types).toContain('/** Why. */\n  readonly note?: string;');
});

test('SHAPE1: what a refusal says is kept beside the schema, and not published', () => {
  expect(newRule[refusal]?.must).toContain('"userId"');
  expect(JSON.stringify(new Publication().schema({ ...newRule }))).not.toContain('must');
});

test('SHAPE1: what fits two shapes has the fields of both, in the document and the client', () => {
  const base = named('Base', object({ channel: string() }));
  const note = named('Noted', both(base, object({ at: string() })));
  const fitting: TypeOf<typeof note> = { channel: 'x', at: 'noon' };
  expect(readBody(note, fitting)).toEqual(fitting);
  expect(() => readBody(note, { channel: 'x' })).toThrow('"at" is missing');
  expect(declarationsOf([note])).toContain('export type Noted = Base & {\n  readonly at: string;\n};');
  expect(declarationsOf([note])).toContain('export interface Base {');
  const publication = new Publication();
  publication.schema(note);
  expect(publication.components.Noted).toMatchObject({
    allOf: [{ $ref: '#/components/schemas/Base' }, { required: ['at'] }],
  });
});

test('SHAPE1: two shapes of one name are refused, of which one would be lost', () => {
  const two = [named('Same', string('One.')), named('Same', string('Another.'))] as const;
  const publication = new Publication();
  publication.schema(two[0]);
  expect(() => publication.schema(two[1])).toThrow('Two shapes are called Same.');
  expect(publication.schema(two[0])).toEqual({ $ref: '#/components/schemas/Same' });
  expect(() => declarationsOf(two)).toThrow('Two shapes are called Same.');
});

test('SHAPE3: what is made of the schemas is checked in as `npm run schema` makes it', async () => {
  for (const { path, text } of await generatedFiles())
    expect(readFileSync(new URL(`../../../../../${path}`, import.meta.url), 'utf8')).toBe(text);
});
