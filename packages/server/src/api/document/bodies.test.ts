import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type HousecountError, isAppId } from '@housecount/protocol';
import { type JsonSchema, readBody, type Shape } from '@housecount/schema';
import fc from 'fast-check';
import { judgeOf } from '../../../testing/json-schema-judge.ts';
import { mutated } from '../../../testing/mutated-json.ts';
import { type ApiWorld, type Body, openApiWorld, testApp } from '../../../testing/worlds/api-world.ts';
import { apiOperations } from '../routes.ts';

let world: ApiWorld;
let document: Body;
let judge: (schema: JsonSchema) => (value: unknown) => boolean;
let endpoint = '';
let count = 0;
beforeAll(async () => {
  world = await openApiWorld();
  document = JSON.parse(await (await world.ask('/v1/openapi.json', { anonymous: true })).text());
  judge = judgeOf(document.components.schemas);
  const made = await world.json(`/v1/apps/${testApp.id}/endpoints`, {
    method: 'POST',
    send: { url: 'https://one.example/', allowPrivateNetwork: true },
  });
  endpoint = made.body.endpoint.endpointId;
});
afterAll(() => world.close());

const metadata = [
  { author: 'eve', mode: 'set', items: [{ key: 'k', value: 'v', revision: -1 }], majorRevision: -1 },
  { author: 'eve', mode: 'remove', items: [], lockName: '', asUser: null, addUserId: true },
  { author: 'eve', mode: 'update', items: [{ key: 'k' }, { key: 'l', revision: 3 }], addTimeStamp: false },
];
const publications = [
  { publisher: 'ann', content: { text: 'hello' }, customType: 'chat', asUser: false },
  { publisher: 'ann', content: { bytes: 'AAEC' }, storeInHistory: null, idempotencyKey: 'once' },
  { publisher: 'ann', content: { sealed: 'A'.repeat(40) } },
  { publisher: 'ann', content: { bytes: `${'A'.repeat(43_691)}=` } },
  { publisher: 'ann', content: { text: '€'.repeat(10_922) } },
];
const endpoints = [
  { url: 'https://a.example/', events: [101, 105], channels: ['x*'], format: 'agora', retry: 'standard' },
  { url: 'http://10.0.0.1/', allowPrivateNetwork: true, retry: [1, 2.5], headers: { 'X-A': 'b', 'x-c': '' } },
  { url: 'https://a.example/', format: 'standard', redeliverGivenUp: null, description: 'ours' },
];
const agoraRule = { appid: testApp.id, cname: 'x', uid: 7, ip: '10.0.0.1', privileges: ['join_channel'] };

/** For each operation that takes a body: the path, and bodies that it takes. */
const cases: Readonly<Record<string, { readonly path: string; readonly bodies: readonly object[] }>> = {
  createEndpoint: {
    path: '/endpoints',
    bodies: [
      ...endpoints,
      { url: 'https://a.example/', secret: 'any', format: 'agora' },
      { url: 'https://a.example/', secret: null },
      { url: 'https://a.example/', format: null, secret: null },
      { url: 'https://a.example/', secret: `whsec_${'A'.repeat(32)}`, format: 'batch' },
    ],
  },
  changeEndpoint: { path: '/endpoints/{id}', bodies: [...endpoints, {}, { url: null, format: null }] },
  rotateEndpointSecret: {
    path: '/endpoints/{id}/rotate-secret',
    bodies: [{}, { secret: 'another', overlapMs: 0 }, { secret: null, overlapMs: null }],
  },
  redeliver: {
    path: '/redeliver',
    bodies: [
      { endpoint: 'e', noticeId: 'n', dryRun: true },
      { endpoint: 'e', filter: { channel: 'x', uid: 1, status: 'delivered', type: 105, from: 1, to: 2 } },
      { endpoint: 'e', since: 5, dryRun: false },
      { endpoint: 'e', since: { sid: 's', seq: 3 } },
      { endpoint: 'e', givenUp: true },
    ],
  },
  publishToChannel: { path: '/channels/x/messages', bodies: publications },
  publishToUser: { path: '/users/bob/messages', bodies: publications },
  changeChannelMetadata: { path: '/channels/x/metadata', bodies: metadata },
  changeUserMetadata: { path: '/users/bob/metadata', bodies: metadata },
  revokeLock: { path: '/channels/x/locks/l/revoke', bodies: [{ author: 'eve', owner: 'bob', asUser: true }] },
  createRule: {
    path: '/rules',
    bodies: [
      {
        channel: 'x',
        userId: 'bob',
        ip: '::1',
        privileges: ['join_channel', 'publish_message'],
        seconds: 60,
      },
      { uid: 4_294_967_295, privileges: ['publish_audio'], seconds: 1 },
    ],
  },
  agoraCreateRule: {
    path: '/dev/v1/kicking-rule',
    bodies: [
      { ...agoraRule, time: 1.5 },
      { ...agoraRule, cname: '', ip: '', time_in_seconds: 10, other: 1 },
    ],
  },
  agoraChangeRule: {
    path: '/dev/v1/kicking-rule',
    bodies: [
      { appid: testApp.id, id: 1, time: 2 },
      { appid: testApp.id, id: 1, time: 0, time_in_seconds: 5 },
    ],
  },
  agoraDeleteRule: { path: '/dev/v1/kicking-rule', bodies: [{ appid: testApp.id, id: 1 }] },
};

/** The codes with which a body is refused for itself; a refusal for what it would change has another code. */
const ofBodies = ['body_invalid', 'body_too_large', 'invalid_app_id', 'invalid_user_id'];

/** Another key of the same characters, and of the same length if it is a long one; what is no text stays. */
const another = (key: unknown, count: number): unknown => {
  if (typeof key !== 'string') return key;
  return key.length < 20 ? `${count} ${key}` : `${String(count).padStart(6, '0')}${key.slice(6)}`;
};

/** The code with which a body is refused by its shape; undefined if it fits. */
function codeOf(shape: Shape, body: unknown): string | undefined {
  try {
    readBody(shape, body);
    return undefined;
  } catch (error) {
    return (error as HousecountError).code;
  }
}

test('SHAPE2: an app id in a body is 32 hexadecimal characters, or invalid_app_id', () => {
  for (const operation of apiOperations(world.deps)) {
    if (!operation.body || !operation.path.startsWith('/dev')) continue;
    const [body] = cases[operation.id]?.bodies ?? [];
    for (const appid of ['', 'x', 'g'.repeat(32), 'a'.repeat(33)])
      expect([operation.id, codeOf(operation.body, { ...body, appid })]).toEqual([
        operation.id,
        'invalid_app_id',
      ]);
    expect(codeOf(operation.body, { ...body, appid: 'A'.repeat(32) })).toBeUndefined();
  }
});

/** Values of which some fit anywhere, and most nowhere. */
const strange: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  4_294_967_296,
  1e300,
  2 ** 53,
  '',
  ' ',
  'x',
  '..',
  '_x',
  'é',
  '\u{1f600}'.repeat(17),
  'x'.repeat(65),
  'x'.repeat(129),
  'x'.repeat(2_049),
  'A'.repeat(43_693),
  '€'.repeat(10_923),
  'http://a.example/',
  'https://user@a.example/',
  'https://a.example/#x',
  'HTTPS://A.example',
  'whsk_x',
  'whsec_x',
  `whsk_${'A'.repeat(43)}=`,
  '::1%lo',
  '10.0.0.256',
  'agora',
  'standard',
  'remove',
  'set',
  101,
  [],
  [101, 101],
  ['x'],
  [{ key: 'k' }, { key: 'k' }],
  {},
  { text: 'x', bytes: '' },
  { Host: 'x' },
  { a: 'b', A: 'c' },
  { sid: 's' },
  { from: 2, to: 1 },
];

test('SHAPE2: every operation that takes a body is put to the test', () => {
  const taking = apiOperations(world.deps).filter(({ body }) => body !== undefined);
  expect(Object.keys(cases).sort()).toEqual(taking.map(({ id }) => id).sort());
});

for (const [id, { path, bodies }] of Object.entries(cases))
  test(`SHAPE2: ${id} refuses a body exactly where the published schema does`, async () => {
    const operation = apiOperations(world.deps).find((one) => one.id === id);
    if (!operation?.body) throw new Error(`There is no ${id}.`);
    const described = document.paths[operation.path][operation.method.toLowerCase()];
    const isFit = judge(described.requestBody.content['application/json'].schema);
    for (const body of bodies) expect([body, isFit(body)]).toEqual([body, true]);
    const under = path.startsWith('/dev') ? path : `/v1/apps/${testApp.id}${path.replace('{id}', endpoint)}`;
    const shape: Shape = operation.body;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bodies).chain((body) => mutated(body, strange)),
        async (body) => {
          world.advance(10_000);
          const sent = JSON.parse(JSON.stringify(body)) as Body;
          // The app is checked before anything else: one that might be somebody else's is refused for that.
          const isOfApp = path.startsWith('/dev');
          if (isOfApp && isAppId(sent.appid)) sent.appid = testApp.id;
          const isNoApp = isOfApp && !isAppId(sent.appid);
          // A repetition is refused as one, so each body differs: another secret, another key of the request.
          count += 1;
          // The format that the endpoint has also decides which keys a new secret may be.
          const isOfState = id === 'rotateEndpointSecret' && /^(another|wh\w+_)/.test(sent.secret);
          if (isOfState) sent.secret = `another ${count}`;
          if (sent.idempotencyKey) sent.idempotencyKey = another(sent.idempotencyKey, count);
          const { status, body: answer } = await world.json(under, {
            method: operation.method,
            send: sent,
          });
          const refusal = status >= 400 && ofBodies.includes(answer.code) ? answer.code : undefined;
          expect([sent, answer, refusal === undefined]).toEqual([sent, answer, isFit(sent)]);
          const code = isNoApp ? 'invalid_app_id' : codeOf(shape, sent);
          expect([sent, answer, refusal]).toEqual([sent, answer, code]);
        },
      ),
      { numRuns: 250 },
    );
  });
