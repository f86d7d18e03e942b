import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type ApiWorld, openApiWorld, testApp, testCustomer } from '../../testing/worlds/api-world.ts';
import { type AccessRule, accessRules, type OperationId } from './access/access-rules.ts';
import type { Customer } from './access/customer.ts';
import type { Operation } from './request/operation.ts';
import { apiOperations } from './routes.ts';

const otherApp = { id: 'c'.repeat(32), certificate: 'd'.repeat(32), historyDays: 30 };
const hiddenUid = 3_141_592_653;
const hiddenAccount = 'alice-the-hidden';
const hiddenUser = 'her-user-id';

const customers = {
  tester: testCustomer,
  elsewhere: { ...testCustomer, id: 'elsewhere', apps: [otherApp.id], role: 'read' },
  reader: { ...testCustomer, id: 'reader', apps: [testApp.id], role: 'read' },
  operator: { ...testCustomer, id: 'operator', apps: [testApp.id], role: 'operate' },
  nameless: { ...testCustomer, id: 'nameless', apps: [testApp.id], role: 'admin', names: false },
} as const satisfies Record<string, Customer>;
type Name = keyof typeof customers;

let world: ApiWorld;
let operations: readonly Operation[];
beforeAll(async () => {
  world = await openApiWorld({
    development: true,
    endpoint: true,
    apps: () => [testApp, otherApp],
    customers: Object.values(customers),
  });
  operations = apiOperations(world.deps);
  world.answer = { answered: true, status: 500, excerpt: `no ${hiddenAccount} here` };
  await world.join('x', hiddenUid, { role: 'broadcaster', connectionId: 'of-the-host' });
  await world.join('x', 2, { identity: { account: hiddenAccount }, userId: hiddenUser, connectionId: 'x-2' });
  await world.join('x', 3);
  await world.leave('x', 3);
  for (const [path, send] of [
    ['/rules', { userId: hiddenAccount, channel: 'y', privileges: ['publish_message'], seconds: 600 }],
    ['/rules', { ip: '203.0.113.77', privileges: ['publish_message'], seconds: 600 }],
    [
      '/channels/x/metadata',
      { author: hiddenAccount, mode: 'set', items: [{ key: 'k', value: 'v' }], addUserId: true },
    ],
  ] as const)
    expect(
      (await world.json(`/v1/apps/${testApp.id}${path}`, { method: 'POST', send: { ...send } })).status,
    ).toBe(200);
});
afterAll(() => world.close());

const login = (name: Name) => ({
  authorization: `Basic ${Buffer.from(`${name}:${customers[name].secret}`).toString('base64')}`,
});

/** An operation's request about `app`, with something in every place. */
async function askAs(name: Name, operation: Operation, app: string) {
  const path = operation.path.replace(/\{app(id)?\}/, app).replace(/\{\w+\}/g, 'x');
  const isOfQuery = operation.parameters.some((one) => one.in === 'query' && one.name === 'appid');
  const ending = new AbortController();
  const answer = await world.ask(`${path}${isOfQuery ? `?appid=${app}` : ''}`, {
    method: operation.method,
    headers: login(name),
    signal: ending.signal,
    ...(operation.body !== undefined && { send: { appid: app } }),
  });
  const { status } = answer;
  const type = answer.headers.get('content-type') ?? '';
  const isStream = type.startsWith('text/event-stream');
  const text = isStream ? '' : await answer.text();
  if (isStream) await answer.body?.cancel();
  ending.abort();
  // A customer's calls to one API have a rate.
  world.advance(1_000);
  return { status, text, code: type.startsWith('application/json') ? JSON.parse(text).code : undefined };
}
const ruleOf = ({ id }: Operation): AccessRule => accessRules[id];

describe('every operation, asked by a customer', () => {
  test('TENANT1: of another app: it is as if the app were not there', async () => {
    for (const operation of operations) {
      const rule = ruleOf(operation);
      const { status, text, code } = await askAs('elsewhere', operation, testApp.id);
      const got = `${operation.id}: ${status} ${code}`;
      if (rule === 'everybody') expect([got, status === 401 || status === 403]).toEqual([got, false]);
      else if (rule.app === 'none') {
        expect(got).toBe(`${operation.id}: 200 undefined`);
        expect([operation.id, text.includes(testApp.id)]).toEqual([operation.id, false]);
      } else {
        const refusal = operation.style.kind === 'agora' ? '401 unauthorized' : '400 invalid_app_id';
        expect(got).toBe(`${operation.id}: ${refusal}`);
        const absent = await askAs('elsewhere', operation, 'e'.repeat(32));
        expect(`${operation.id}: ${absent.status} ${absent.code}`).toBe(got);
      }
    }
  });

  test('TENANT2: whose role is less than its line asks: it is refused, and nothing is changed', async () => {
    const before = world.log.lastPosition;
    const endpoints = JSON.stringify(
      world.deps.endpoints.list(testApp.id).map(({ endpointId }) => endpointId),
    );
    const rank = { read: 0, operate: 1, admin: 2 };
    for (const name of ['reader', 'operator'] as const)
      for (const operation of operations) {
        const rule = ruleOf(operation);
        const isEnough = rule === 'everybody' || rank[customers[name].role] >= rank[rule.role];
        if (isEnough && operation.method !== 'GET') continue;
        const { status, code } = await askAs(name, operation, testApp.id);
        const got = `${name} ${operation.id}: ${code === 'forbidden'}`;
        expect(got).toBe(`${name} ${operation.id}: ${!isEnough}`);
        expect(status === 403).toBe(!isEnough);
      }
    expect(world.log.lastPosition).toBe(before);
    expect(JSON.stringify(world.deps.endpoints.list(testApp.id).map(({ endpointId }) => endpointId))).toBe(
      endpoints,
    );
  });

  test('TENANT2: what changes something takes more than the role read', () => {
    for (const operation of operations) {
      const rule = ruleOf(operation);
      const least = rule === 'everybody' ? rule : rule.role;
      if (operation.method !== 'GET') expect(`${operation.id} ${least}`).toMatch(/ (operate|admin)$/);
    }
  });
});

/** A request to each operation that a reader may ask, such that it would tell who it was. A new one without a line does not compile. */
type ReadId = {
  [Id in OperationId]: (typeof accessRules)[Id] extends { role: infer Role }
    ? 'read' extends Role
      ? Id
      : never
    : never;
}[OperationId];
const app = `/v1/apps/${testApp.id}`;
const telling: Readonly<Record<ReadId, string>> = {
  listApps: '/v1/apps',
  listChannels: `${app}/channels`,
  getRoster: `${app}/channels/x/roster`,
  listEvents: `${app}/channels/x/events`,
  listSids: `${app}/channels/x/sids`,
  pullEvents: `${app}/events`,
  getSnapshot: `${app}/snapshot`,
  followNotices: `${app}/notices?after=0`,
  followAttempts: `${app}/attempts`,
  listEndpoints: `${app}/endpoints`,
  getEndpoint: `${app}/endpoints/main`,
  listGivenUp: `${app}/given-up`,
  searchDeliveries: `${app}/deliveries`,
  getDelivery: `${app}/deliveries/main/{noticeId}`,
  getRedelivery: `${app}/redeliveries/x`,
  listChannelMessages: `${app}/channels/x/messages`,
  listUserMessages: `${app}/users/${hiddenAccount}/messages?with=bob`,
  listChannelUsers: `${app}/channels/x/users?with=states`,
  listUserChannels: `${app}/users/${hiddenAccount}/channels`,
  getUserStatus: `${app}/users?user=${hiddenAccount}`,
  getChannelMetadata: `${app}/channels/x/metadata`,
  getUserMetadata: `${app}/users/${hiddenAccount}/metadata`,
  listLocks: `${app}/channels/x/locks`,
  listSubscribers: `${app}/channels/x/subscribers`,
  listSubscriberEvents: `${app}/channels/x/subscribers/events?cursor={cursor}`,
  listRules: `${app}/rules`,
  agoraListChannels: `/dev/v1/channel/${testApp.id}`,
  agoraGetUserStatus: `/dev/v1/channel/user/property/${testApp.id}/${hiddenUid}/x`,
  agoraListUsers: `/dev/v1/channel/user/${testApp.id}/x`,
  agoraListHosts: `/dev/v1/channel/user/${testApp.id}/x/hosts_only`,
  agoraListRules: `/dev/v1/kicking-rule?appid=${testApp.id}`,
  agoraListNoticeAddresses: '/v2/ncs/ip',
  agoraListNoticeAddressesV1: '/v1/ncs/ip',
  agoraListProjects: '/dev/v1/projects',
};
const secrets = [String(hiddenUid), hiddenAccount, hiddenUser, '203.0.113.77'];
const told = (text: string) => secrets.filter((secret) => text.includes(secret));

describe('without names', () => {
  /** The whole answer; of a stream what tells of the opening and of two who joined. */
  async function textAs(name: Name, path: string): Promise<string> {
    const ending = new AbortController();
    const answer = await world.ask(path, { headers: login(name), signal: ending.signal });
    if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer.text();
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of answer.body ?? []) {
      text += decoder.decode(bytes, { stream: true });
      if (text.split('\ndata:').length > 3) break;
    }
    ending.abort();
    return text;
  }

  test('TENANT3, PERSON17: no answer says who it was', async () => {
    const { deliveries } = (await world.json(`${app}/deliveries?account=${hiddenAccount}`)).body;
    const { cursor } = (await world.json(`${app}/channels/x/subscribers`)).body;
    const tellsOthers: string[] = [];
    for (const [id, path] of Object.entries(telling)) {
      const filled = path.replace('{noticeId}', deliveries[0]?.noticeId).replace('{cursor}', cursor);
      if (told(await textAs('tester', filled)).length > 0) tellsOthers.push(id);
      expect([id, ...told(await textAs('nameless', filled))]).toEqual([id]);
      world.advance(1_000);
    }
    // These do tell, to other customers: without them this test would show nothing.
    for (const id of [
      'getRoster',
      'listEvents',
      'pullEvents',
      'getSnapshot',
      'followNotices',
      'followAttempts',
      'searchDeliveries',
      'getDelivery',
      'listChannelUsers',
      'getChannelMetadata',
      'listRules',
      'agoraListUsers',
      'agoraListHosts',
    ])
      expect(tellsOthers).toContain(id);
  });

  test('TENANT8: a stream and a snapshot have every event and line, of the same type', async () => {
    const text = await textAs('nameless', `${app}/snapshot`);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(['snapshot', 'channel', 'members', 'end']);
    expect(lines[2].members.map(({ role }: { role: string }) => role)).toEqual(['broadcaster', 'audience']);
    const attempts = await textAs('nameless', `${app}/attempts`);
    expect(attempts).toContain('event: attempt\n');
    for (const path of ['/snapshot', '/attempts']) {
      const types = await Promise.all(
        (['nameless', 'tester'] as const).map(async (name) => {
          const ending = new AbortController();
          const answer = await world.ask(app + path, { headers: login(name), signal: ending.signal });
          const type = answer.headers.get('content-type');
          await answer.body?.cancel();
          ending.abort();
          return type;
        }),
      );
      expect(types[0]).toBe(types[1] ?? 'none');
    }
  });

  test('TENANT9: nobody without names publishes under a name, or learns from it who is logged in', async () => {
    for (const publisher of [hiddenAccount, 'the house'])
      for (const asUser of [undefined, true]) {
        const { status, body } = await world.json(`${app}/channels/x/messages`, {
          method: 'POST',
          headers: login('nameless'),
          send: { publisher, content: { text: 'hello' }, ...(asUser && { asUser }) },
        });
        expect([status, body.code]).toEqual([403, 'forbidden']);
      }
  });

  test('TENANT3: the shape and the numbers stay: counts, roles, order, and which leave ends which join', async () => {
    const ask = async (path: string) => (await world.json(path, { headers: login('nameless') })).body;
    const roster = await ask(`${app}/channels/x/roster`);
    expect(roster).toMatchObject({ count: 2, hosts: 1 });
    expect(roster.members.map(({ role }: { role: string }) => role)).toEqual(['broadcaster', 'audience']);
    const { events } = await ask(`${app}/channels/x/events`);
    expect(events.map(({ seq }: { seq: number }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(events[4]).toMatchObject({ type: 'member-left', connectionId: events[3].connectionId });
  });

  test('TENANT4: what is about named people, or would have names sent elsewhere, is refused', async () => {
    for (const operation of operations) {
      const rule = ruleOf(operation);
      if (rule === 'everybody' || rule.withoutNames !== 'refused') continue;
      const { status, code } = await askAs('nameless', operation, testApp.id);
      expect(`${operation.id}: ${status} ${code}`).toBe(`${operation.id}: 403 forbidden`);
    }
    for (const query of [`uid=${hiddenUid}`, `account=${hiddenAccount}`]) {
      const { status } = await world.json(`${app}/deliveries?${query}`, { headers: login('nameless') });
      expect(status).toBe(403);
    }
    const count = await world.json(`${app}/channels/x/users?with=count`, { headers: login('nameless') });
    expect(count).toMatchObject({ status: 200, body: { count: 2 } });
  });
});

test('TENANT5: /v1/session tells what the caller may', async () => {
  const session = async (name: Name) => (await world.json('/v1/session', { headers: login(name) })).body;
  expect(await session('reader')).toMatchObject({ customer: 'reader', role: 'read', names: true });
  expect(await session('nameless')).toMatchObject({ customer: 'nameless', role: 'admin', names: false });
});
