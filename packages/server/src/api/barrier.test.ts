import { afterEach, expect, test } from 'bun:test';
import { HousecountError } from '@housecount/protocol';
import { type ApiWorld, openApiWorld, testApp } from '../../testing/worlds/api-world.ts';
import { needsLogin } from './access/access.ts';
import { type AccessRule, accessRules } from './access/access-rules.ts';
import { apiOperations } from './routes.ts';

let world: ApiWorld;
afterEach(() => world.close());

test('REST160: every read of an app waits until it sees what was acknowledged to anybody before', async () => {
  world = await openApiWorld({ endpoint: true });
  const asked: string[] = [];
  world.log.barrier = async (app) => {
    asked.push(app);
    throw new HousecountError('log_unavailable');
  };
  const reads = apiOperations(world.deps).filter(({ method }) => method === 'GET');
  let about = 0;
  for (const { id, path } of reads) {
    const rule: AccessRule = accessRules[id];
    const isAbout = needsLogin(rule) && rule.app !== 'none';
    const filled = path.replace(/\{app(id)?\}/, testApp.id).replace(/\{\w+\}/g, 'main');
    const query = needsLogin(rule) && rule.app === 'query' ? `?appid=${testApp.id}` : '';
    asked.length = 0;
    const response = await world.ask(`${filled}${query}`);
    await response.body?.cancel();
    expect([id, asked]).toEqual([id, isAbout ? [testApp.id] : []]);
    if (isAbout) expect([id, response.status]).toEqual([id, 503]);
    about += isAbout ? 1 : 0;
  }
  expect(about).toBeGreaterThan(20);
});

test('REST160: what is held back until then is answered as it is then', async () => {
  world = await openApiWorld();
  const barrier = Promise.withResolvers<void>();
  world.log.barrier = () => barrier.promise;
  const answer = world.json(`/v1/apps/${testApp.id}/channels/lobby/roster`);
  await world.join('lobby', 1);
  barrier.resolve();
  expect(await answer).toMatchObject({ status: 200, body: { count: 1, members: [{ uid: 1 }] } });
});

test('REST160: nobody waits for an app that is not theirs, and a change does not wait', async () => {
  world = await openApiWorld();
  world.log.barrier = () => Promise.reject(new Error('nobody asks'));
  expect((await world.ask(`/v1/apps/${'f'.repeat(32)}/channels`)).status).toBe(400);
  const rule = { appid: testApp.id, cname: 'x', privileges: ['join_channel'], time: 60 };
  expect((await world.ask('/dev/v1/kicking-rule', { method: 'POST', send: rule })).status).toBe(200);
});
