import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type ApiWorld, type Body, openApiWorld, testApp } from '../../testing/worlds/api-world.ts';

let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld({ endpoint: true });
});
afterEach(() => world.close());
const app = `/v1/apps/${testApp.id}`;

/** Resolves once the endpoint has been told of everything so far. */
async function settled(): Promise<void> {
  const end = performance.now() + 10_000;
  while ((world.deps.notify.status()[0]?.backlog ?? 1) > 0) {
    if (performance.now() > end) throw new Error('The endpoint does not finish.');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('deliveries', () => {
  test('REST60: are found by what was asked for, in pages', async () => {
    for (let uid = 1; uid <= 5; uid++) await world.join('stage', uid);
    await world.join('other', 1);
    await settled();
    const all = await world.json(`${app}/deliveries`);
    expect(all.status).toBe(200);
    expect(all.body.deliveries).toHaveLength(8);
    const one = await world.json(
      `${app}/deliveries?channel=stage&uid=2&type=105&status=delivered&endpoint=main`,
    );
    expect(one.body.deliveries).toMatchObject([{ channel: 'stage', uid: 2, type: 105, attempts: 1 }]);
    const seen: string[] = [];
    let next: number | undefined;
    do {
      const { body } = await world.json(
        `${app}/deliveries?limit=3${next === undefined ? '' : `&cursor=${next}`}`,
      );
      seen.push(...body.deliveries.map((delivery: Body) => delivery.noticeId));
      next = body.next;
    } while (next !== undefined);
    expect(new Set(seen).size).toBe(8);
    expect(seen).toHaveLength(8);
  });

  test('REST60: hostile filters are refused by name, or find nothing', async () => {
    for (const query of [
      'uid=0',
      'uid=-1',
      'uid=4294967296',
      'uid=1e3',
      "uid=1' OR '1'='1",
      'type=999',
      'type=',
      'status=lost',
      'status=delivered&status=lost',
      'from=x',
      'to=99999999999999999999',
      'from=20&to=10',
      'limit=0',
      'limit=100000',
      'cursor=-1',
      'cursor=x',
      `channel=${'x'.repeat(65)}`,
      `account=${'x'.repeat(300)}`,
      `endpoint=${'x'.repeat(300)}`,
    ]) {
      const { status, body } = await world.json(`${app}/deliveries?${query.replaceAll(' ', '%20')}`);
      const harmless = query === 'type=' || query.startsWith('status=delivered&');
      expect([query, status, body.code]).toEqual([
        query,
        harmless ? 200 : 400,
        harmless ? undefined : 'query_invalid',
      ]);
    }
    expect((await world.json(`${app}/deliveries?from=20&to=10`)).body.message).toBe(
      'A query or path parameter is not valid. The query must be such that from is not after to.',
    );
    const { body } = await world.json(`${app}/deliveries?endpoint=${encodeURIComponent("' OR 1=1 --")}`);
    expect(body.deliveries).toEqual([]);
  });

  test('REST61: one is shown with its attempts, request and answer, as the OpenAPI document has it', async () => {
    world.answer = { answered: true, status: 200, excerpt: 'thank you' };
    await world.join('stage', 7);
    await settled();
    const found = (await world.json(`${app}/deliveries?uid=7`)).body.deliveries[0];
    const path = `${app}/deliveries/main/${encodeURIComponent(found.noticeId)}`;
    const { status, body } = await world.json(path);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...found, made: [{ attempt: 1, answered: 200, next: 'delivered' }] });
    expect(body.made[0].exchange.answer).toBe('thank you');
    expect(JSON.parse(body.made[0].exchange.body)).toMatchObject({
      noticeId: found.noticeId,
      notifyMs: body.made[0].atMs,
    });
    expect(Object.keys(body.made[0].exchange.headers)).toContain('Agora-Signature-V2');
    for (const wrong of [`${app}/deliveries/other/${found.noticeId}`, `${app}/deliveries/main/x`])
      expect((await world.json(wrong)).body.code).toBe('not_found');
    expect((await world.json(path.replace(testApp.id, 'f'.repeat(32)))).body.code).toBe('invalid_app_id');
    expect((await world.ask(path, { anonymous: true, address: '192.168.1.9' })).status).toBe(401);
  });
});
