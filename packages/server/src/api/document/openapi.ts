import { type Code, codes } from '@housecount/protocol';
import {
  agoraRefusal,
  agoraWebhook,
  extensions,
  formats,
  type JsonSchema,
  Publication,
  refusalBody,
  type Shape,
  standardBatch,
  standardWebhook,
} from '@housecount/schema';
import { needsLogin } from '../access/access.ts';
import { type AccessRule, accessRules } from '../access/access-rules.ts';
import { keyLengthMax } from '../request/idempotency-key.ts';
import type { Operation } from '../request/operation.ts';
import type { Parameter } from '../request/parameters.ts';

/** The OpenAPI 3.1 document of the operations: made of their declarations, so it cannot say anything else than they do. */
export function openApiDocument(operations: readonly Operation[], limits: IdempotencyLimits): JsonSchema {
  const publication = new Publication();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const item = paths[operation.path] ?? {};
    paths[operation.path] = item;
    item[operation.method.toLowerCase()] = describe(operation, { publication, limits });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Housecount',
      version: '1',
      description: `Who is in the audience of every live channel, exactly. Paths under /v1 are native; those under /dev and the ncs paths answer as the Agora RESTful API does. ${ownWords}`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'native', description: 'Rosters, events, notices.' },
      { name: 'agora', description: 'Compatible with the Agora channel management API.' },
    ],
    security: [{ customer: [] }],
    paths,
    webhooks: webhooks(publication),
    components: {
      schemas: publication.components,
      securitySchemes: {
        customer: { type: 'http', scheme: 'basic', description: 'Customer id and customer secret.' },
      },
    },
  };
}

/** The requests that the server sends to endpoints, by their format. */
function webhooks(publication: Publication): JsonSchema {
  const hook = (body: Shape, taken: string) => ({
    post: {
      tags: ['native'],
      summary: body.description ?? 'One notice',
      security: [],
      requestBody: { required: true, content: { 'application/json': { schema: publication.schema(body) } } },
      responses: {
        [taken]: { description: 'Taken. Anything else, or nothing within 10 s, and it is sent again.' },
      },
    },
  });
  return {
    agora: hook(agoraWebhook, '200'),
    standard: hook(standardWebhook, '2XX'),
    batch: hook(standardBatch, '2XX'),
  };
}

/** The rules that a validator has to know to refuse the bodies that the server refuses. */
const ownWords = [
  'A body is refused as `body_invalid` where its schema refuses it, or with the code of what is wrong in it; besides, for what it would change.',
  'Own formats:',
  ...Object.entries(formats).map(([name, { must }]) => `\`${name}\`: ${must}.`),
  'Own keywords:',
  ...Object.entries(extensions).map(([name, { says }]) => `\`${name}\`: ${says}`),
].join(' ');

type DescribedParameter = Omit<Parameter, 'in'> & { readonly in: Parameter['in'] | 'header' };

/** The time for which a key counts, and the number of keys that do. */
export interface IdempotencyLimits {
  readonly idempotencyMs: number;
  readonly idempotencyKeysMax: number;
}

/** A setting can be any number of milliseconds: rounded down to hundredths, for that long is kept. */
const hoursOf = (ms: number) => Math.floor(ms / 36_000) / 100;

const keyParameter = (limits: IdempotencyLimits): DescribedParameter => ({
  name: 'Idempotency-Key',
  in: 'header',
  description: `With the same key the same request of a customer is done once, over restarts too: for ${hoursOf(limits.idempotencyMs)} hours, and the newest ${limits.idempotencyKeysMax} keys. Asked again, it is given the first answer, with the header Idempotency-Replayed. What was refused may be tried again.`,
  required: false,
  schema: { type: 'string', minLength: 1, maxLength: keyLengthMax },
});

function describe(
  operation: Operation,
  { publication, limits }: { readonly publication: Publication; readonly limits: IdempotencyLimits },
): JsonSchema {
  const { style } = operation;
  const rule: AccessRule = accessRules[operation.id];
  const parameters: readonly DescribedParameter[] =
    operation.method === 'POST' ? [...operation.parameters, keyParameter(limits)] : operation.parameters;
  return {
    operationId: operation.id,
    tags: [style.kind],
    summary: operation.summary,
    ...(descriptionOf(operation, rule) && { description: descriptionOf(operation, rule) }),
    ...(!needsLogin(rule) && { security: [] }),
    ...(parameters.length > 0 && {
      parameters: parameters.map(({ name, in: place, description, required, schema }) => ({
        name,
        in: place,
        description,
        required,
        schema: publication.schema(schema),
      })),
    }),
    ...(operation.body !== undefined && {
      requestBody: {
        required: operation.bodyRequired ?? true,
        content: { 'application/json': { schema: publication.schema(operation.body) } },
      },
    }),
    responses: {
      200: {
        description: operation.answer.description,
        content: {
          [operation.answer.contentType ?? 'application/json']: {
            schema: publication.schema(operation.answer.schema),
          },
        },
      },
      ...refusals(operation, rule, publication),
    },
  };
}

/** The description of an operation, and of the customers who may use it. */
function descriptionOf({ description }: Operation, rule: AccessRule): string | undefined {
  if (!needsLogin(rule)) return description;
  const names = rule.withoutNames === 'refused' ? ', and names' : '';
  return [description, `Takes the role \`${rule.role}\`${names}.`].filter(Boolean).join(' ');
}

/** The codes that an operation can be refused with: its own, and those of what it is asked with. */
export function refusalCodes(operation: Operation, rule: AccessRule): ReadonlySet<Code> {
  const { style } = operation;
  const all = new Set<Code>(style.refusals);
  const add = (...more: readonly Code[]) => {
    for (const code of more) all.add(code);
  };
  if (style.kind === 'agora') add('rate_limited');
  if (needsLogin(rule)) add('unauthorized', 'rate_limited', 'forbidden');
  if (operation.method === 'POST')
    add('header_invalid', 'idempotency_key_used', 'idempotency_in_flight', 'idempotency_unknown');
  if (operation.body !== undefined) add('media_type_unsupported', 'body_invalid', 'body_too_large');
  if (operation.parameters.some((parameter) => parameter.in === 'query')) add('query_invalid');
  return all;
}

/** Refusals by HTTP status, each with the codes that it can carry. */
function refusals(
  operation: Operation,
  rule: AccessRule,
  publication: Publication,
): Readonly<Record<string, unknown>> {
  const schema = publication.schema(operation.style.kind === 'native' ? refusalBody : agoraRefusal);
  const byStatus = new Map<number, Set<Code>>();
  for (const code of refusalCodes(operation, rule)) {
    const { http } = codes[code];
    byStatus.set(http, (byStatus.get(http) ?? new Set()).add(code));
  }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      {
        description: [...of].map((code) => `\`${code}\`: ${codes[code].message}`).join(' '),
        content: { 'application/json': { schema } },
      },
    ]),
  );
}
