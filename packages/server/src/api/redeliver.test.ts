import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type ApiWorld, type Body, openApiWorld, testApp } from '../../testing/worlds/api-world.ts';

let world: ApiWorld;
beforeEach(async () => {
  world = await openApiWorld({ endpoint: true });
});
afterEach(() => world.close());
const app = `/v1/apps/${testApp.id}`;

/** Resolves once a condition holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('It does not come about.');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
const settled = () => until(() => world.deps.notify.status()[0]?.backlog === 0);
const redeliver = (body: unknown) => world.json(`${app}/redeliver`, { method: 'POST', send: body });
const attempts = () => world.deps.notify.feed.recent(testApp.id).filter(({ virtual }) => !virtual);

/** The redelivery's last state. */
async function ended(id: string): Promise<Body> {
  let last: Body;
  await until(async () => {
    last = (await world.json(`${app}/redeliveries/${id}`)).body;
    return last.endedMs !== undefined;
  });
  return last;
}

/** Deliveries that count as given up until a redelivery was taken. */
function givenUpUntilTaken(read: ApiWorld['deps']['deliveries']['delivery']): typeof read {
  return (endpoint, noticeId) => {
    const found = read(endpoint, noticeId);
    return found && found.redelivered === 0 ? { ...found, status: 'given-up' } : found;
  };
}

describe('redelivery', () => {
  test('REST62: a dry run tells how many, and changes nothing', async () => {
    for (let uid = 1; uid <= 5; uid++) await world.join('stage', uid);
    await settled();
    const before = attempts();
    const sid = (await world.json(`${app}/channels/stage/sids`)).body.sids[0].sid;
    for (const [selection, notices] of [
      [{ since: 0 }, 6],
      [{ since: Date.now() + 60_000 }, 0],
      [{ since: { sid, seq: 2 } }, 4],
      [{ since: { sid, seq: 6 } }, 0],
      [{ noticeId: `${sid}:3:105` }, 1],
      [{ filter: { channel: 'stage', type: 105 } }, 5],
      [{ filter: {} }, 6],
      [{ filter: { status: 'given-up' } }, 0],
      [{ givenUp: true }, 0],
    ] as const) {
      const { status, body } = await redeliver({ endpoint: 'main', dryRun: true, ...selection });
      expect([selection, status, body]).toEqual([selection, 200, { notices }]);
    }
    expect(attempts()).toEqual(before);
    expect((await world.json(`${app}/deliveries?uid=1`)).body.deliveries[0]).toMatchObject({
      attempts: 1,
      redelivered: 0,
    });
  });

  test('REST63: it goes on by itself, its progress can be read, and every attempt can be found', async () => {
    for (let uid = 1; uid <= 5; uid++) await world.join('stage', uid);
    await settled();
    const first = attempts();
    const { status, body } = await redeliver({ endpoint: 'main', since: 0 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ notices: 6, redelivery: { notices: 6, endpoint: 'main' } });
    expect(await ended(body.redelivery.id)).toMatchObject({
      state: 'done',
      delivered: 6,
      failed: 0,
      gone: 0,
    });
    const again = attempts().slice(first.length);
    expect(again.map(({ position }) => position)).toEqual(first.map(({ position }) => position));
    const bodies = (list: typeof first) => list.map((one) => one.body.replace(/"notifyMs":\d+/, ''));
    expect(bodies(again)).toEqual(bodies(first));
    const found = (await world.json(`${app}/deliveries?uid=1`)).body.deliveries[0];
    expect(found).toMatchObject({ attempts: 2, redelivered: 1, status: 'delivered' });
    const whole = await world.json(`${app}/deliveries/main/${encodeURIComponent(found.noticeId)}`);
    expect(whole.body.made[1]).toMatchObject({ attempt: 1, redelivery: body.redelivery.id });
  });

  test('REST64: what was given up can be sent again, and is marked when it is taken', async () => {
    await world.join('stage', 1);
    await settled();
    const [opened, joined] = (await world.json(`${app}/channels/stage/events`)).body.events as Body[];
    // Another process had given them up, so to speak: its journal is here, its deliveries are not.
    const entries = [opened, joined, joined].map((event: Body, index) => ({
      position: index === 0 ? 1 : 2,
      noticeId: `${event.sid}:${event.seq}:${event.seq === 1 ? 101 : 105}`,
      eventType: event.seq === 1 ? 101 : 105,
      event,
      attempts: 4,
      error: 'status 500',
      atMs: Date.now(),
    }));
    Object.assign(world.deps.notify, { givenUp: async () => ({ entries, next: 3 }) });
    Object.assign(world.deps.deliveries, { delivery: givenUpUntilTaken(world.deps.deliveries.delivery) });
    const givenUp = async () => (await world.json(`${app}/given-up`)).body.notices as Body[];
    expect((await givenUp())[0].takenMs).toBeUndefined();
    const asked = { endpoint: 'main', givenUp: true };
    const { body } = await redeliver(asked);
    expect(await ended(body.redelivery.id)).toMatchObject({ state: 'done', delivered: 2 });
    expect((await givenUp()).map(({ takenMs }) => typeof takenMs)).toEqual(['number', 'number', 'number']);
    expect((await redeliver({ ...asked, dryRun: true })).body).toEqual({ notices: 0 });
  });

  test('REST65: it can be cancelled, and waits for its endpoint\u2019s turn', async () => {
    await world.join('stage', 1);
    await settled();
    const first = (await redeliver({ endpoint: 'main', since: 0 })).body.redelivery;
    const second = (await redeliver({ endpoint: 'main', since: 0 })).body.redelivery;
    const { body } = await world.json(`${app}/redeliveries/${second.id}`, { method: 'DELETE' });
    expect(['cancelled', 'done']).toContain(body.state);
    expect((await ended(first.id)).state).toBe('done');
    // A cancel of what has ended changes nothing.
    const late = await world.json(`${app}/redeliveries/${first.id}`, { method: 'DELETE' });
    expect(late.body.state).toBe('done');
    expect((await world.json(`${app}/redeliveries/none`)).body.code).toBe('not_found');
    const other = await world.json(`${app}/redeliveries/none`, { method: 'DELETE' });
    expect(other.body.code).toBe('not_found');
  });

  test('REST66: what never was is not found, what is gone is refused 410, what makes no sense is refused', async () => {
    await world.join('stage', 1);
    await settled();
    const sid = (await world.json(`${app}/channels/stage/sids`)).body.sids[0].sid;
    for (const [given, code] of [
      [{ endpoint: 'main', noticeId: `${sid}:99:105` }, 'not_found'],
      [{ endpoint: 'main', noticeId: `${sid}:2:106` }, 'not_found'],
      [{ endpoint: 'main', noticeId: 'nonsense' }, 'not_found'],
      [{ endpoint: 'main', since: { sid: 'none', seq: 1 } }, 'not_found'],
      [{ endpoint: 'other', since: 0 }, 'not_found'],
      [{ endpoint: 'main' }, 'body_invalid'],
      [{ endpoint: 'main', since: 0, givenUp: true }, 'body_invalid'],
      [{ endpoint: 'main', since: -1 }, 'body_invalid'],
      [{ endpoint: 'main', since: '0' }, 'body_invalid'],
      [{ endpoint: 'main', since: { sid: 1, seq: 1 } }, 'body_invalid'],
      [{ endpoint: 'main', since: { sid, seq: 0, until: 5 } }, 'body_invalid'],
      [{ endpoint: 'main', givenUp: false }, 'body_invalid'],
      [{ endpoint: 'main', filter: [] }, 'body_invalid'],
      [{ endpoint: 'main', filter: { uid: '1' } }, 'body_invalid'],
      [{ endpoint: 'main', filter: { chanel: 'stage' } }, 'body_invalid'],
      [{ endpoint: 'main', filter: { endpoint: 'other' } }, 'body_invalid'],
      [{ endpoint: 'main', since: 0, dryrun: true }, 'body_invalid'],
      [{ endpoint: 'main', since: 0, dryRun: 'yes' }, 'body_invalid'],
      [{ since: 0 }, 'body_invalid'],
      [[], 'body_invalid'],
      [null, 'body_invalid'],
    ] as const) {
      const { body } = await redeliver(given);
      expect([given, body.code]).toEqual([given, code]);
    }
  });
});
