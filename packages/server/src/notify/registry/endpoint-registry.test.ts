import { describe, expect, test } from 'bun:test';
import { noticeTypeNumbers } from '@housecount/protocol';
import { appForTests, LifeForTests } from '../../../testing/worlds/notify-log.ts';
import {
  answered,
  endpointForTests,
  NotifyWorld,
  quietLogger,
} from '../../../testing/worlds/notify-world.ts';
import { fixed } from '../../fixed-limits.ts';
import { decodeLines, encodeLine } from '../../kept/files/checked-lines.ts';
import { keptFiles } from '../../kept/files/kept-files.ts';
import { limits } from '../../limits.ts';
import { EndpointStore, endpointsPath } from '../endpoint/endpoint-store.ts';
import { cursorPath } from '../progress/cursor-store.ts';
import { givenUpFolder } from '../progress/given-up-journal.ts';
import type { SendOutcome } from '../send/transport.ts';
import { EndpointRegistry } from './endpoint-registry.ts';
import { testChannel, testUid } from './health-test.ts';

const url = 'https://managed.example/notices';

/** The world with managed endpoints, as main.ts puts them together. */
async function openManaged(world = new NotifyWorld(), configured: { skipHealthTest: boolean }[] = []) {
  const fixed = configured.map((over) => ({ ...endpointForTests('fixed'), ...over }));
  const disk = world.disk.mount();
  const store = await EndpointStore.open(keptFiles(disk));
  const enabled = store.list().filter((endpoint) => endpoint.enabled);
  const notify = await world.start([...fixed, ...enabled], {
    paused: new Set([
      ...fixed.filter(({ skipHealthTest }) => !skipHealthTest).map(({ id }) => id),
      ...enabled.filter(({ paused }) => paused).map(({ id }) => id),
    ]),
    isDeleted: (id) => store.isDeleted(id),
  });
  const registry = new EndpointRegistry({
    clock: world.clock.process(),
    random: { fraction: () => 0.5, id: () => `T${store.list().length}` },
    logger: quietLogger((message) => world.complaints.push(message)),
    configured: fixed,
    store,
    notify,
    send: (request) => world.receive(request),
    hasNamedNetworks: false,
  });
  return {
    world,
    disk,
    notify,
    registry,
    async enabled() {
      const { endpoint, secret } = await registry.create(appForTests, { url });
      await registry.enable(appForTests, endpoint.endpointId);
      world.sent.length = 0;
      return { id: endpoint.endpointId, secret };
    },
    async close() {
      await registry.stop();
      await notify.stop();
    },
  };
}

const channelsOf = (world: NotifyWorld, name: string) => [
  ...new Set(world.at(name).map(({ notice }) => notice.payload.channelName)),
];

describe('managed endpoints', () => {
  test('HOOK80: one that is made gets nothing until it has passed its test, and then what happens from there on', async () => {
    const { world, registry, close } = await openManaged();
    const { endpoint, secret } = await registry.create(appForTests, { url });
    expect(endpoint).toMatchObject({ state: 'disabled', source: 'managed', backlog: 0 });
    expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
    world.log.append(...new LifeForTests('before').whole(1));
    await world.clock.advance(0);
    expect(world.sent).toEqual([]);
    expect((await registry.enable(appForTests, endpoint.endpointId)).endpoint.state).toBe('running');
    world.log.append(...new LifeForTests('after').whole(1));
    await world.clock.advance(0);
    expect(channelsOf(world, 'managed')).toEqual([testChannel, 'after']);
    await close();
  });

  test('HOOK81: endpoints, their state and their cursor outlive a power cut', async () => {
    const one = await openManaged();
    const { id, secret } = await one.enabled();
    one.world.crash('power');
    const two = await openManaged(one.world);
    expect(two.registry.get(appForTests, id)).toMatchObject({ state: 'running', url });
    one.world.log.append(...new LifeForTests('later').whole(1));
    await one.world.clock.advance(0);
    expect(one.world.at('managed')).toHaveLength(4);
    expect(secret.endsWith(two.registry.get(appForTests, id).secrets[0]?.hint.slice(1) ?? '?')).toBe(true);
    await two.close();
  });

  test('HOOK195: an endpoint stored by a server that knew of no redelivery keeps its plan, and has it', async () => {
    const { close, enabled, disk } = await openManaged();
    const { id } = await enabled();
    await close();
    const bytes = (await disk.read(endpointsPath)) ?? new Uint8Array();
    const [line] = decodeLines(bytes);
    const { version, endpoints } = (line?.value ?? {}) as {
      version: number;
      endpoints: Record<string, unknown>[];
    };
    const older = endpoints.map(({ redeliverGivenUp, ...rest }) => ({ ...rest, retry: 'agora' }));
    await disk.replace(endpointsPath, new TextEncoder().encode(encodeLine({ version, endpoints: older })));
    const store = await EndpointStore.open(keptFiles(disk));
    expect(store.get(id)).toMatchObject({ retry: 'agora', redeliverGivenUp: true });
  });

  test('HOOK81: a damaged file stops the start, and says what to do', async () => {
    const { world, close, enabled, disk } = await openManaged();
    await enabled();
    await close();
    const bytes = (await disk.read(endpointsPath)) ?? new Uint8Array();
    for (const damage of [
      bytes.slice(0, -1),
      bytes.with(20, 0x58),
      new Uint8Array(),
      Buffer.concat([bytes, bytes]),
    ]) {
      world.disk.put(endpointsPath, damage);
      await expect(EndpointStore.open(keptFiles(disk))).rejects.toMatchObject({ code: 'data_damaged' });
    }
  });

  test('HOOK82: while paused nothing is sent and nothing is lost, over a restart too', async () => {
    const one = await openManaged();
    const { id } = await one.enabled();
    expect((await one.registry.pause(appForTests, id)).state).toBe('paused');
    one.world.log.append(...new LifeForTests('waits').whole(1));
    await one.world.clock.advance(1_000);
    expect(one.registry.get(appForTests, id).backlog).toBe(4);
    await one.close();
    const two = await openManaged(one.world);
    await one.world.clock.advance(1_000);
    expect(one.world.sent).toEqual([]);
    expect(Math.min(...[...one.world.log.holds].map((hold) => hold()))).toBe(0);
    await two.registry.resume(appForTests, id);
    await one.world.clock.advance(0);
    expect(
      one.world
        .at('managed')
        .map(({ notice }) => notice.eventType)
        .sort(),
    ).toEqual([101, 102, 105, 106]);
    await two.close();
  });

  test('HOOK83: another url holds from the next attempt on, also for a notice that waits for its retry', async () => {
    const { world, registry, enabled, close } = await openManaged();
    const { id } = await enabled();
    world.answering = ({ request }) => answered(request.url === url ? 500 : 200);
    world.log.append(new LifeForTests().open());
    await world.clock.advance(100);
    expect(registry.get(appForTests, id).failingSinceMs).toBe(world.sent[0]?.atMs);
    await registry.change(appForTests, id, { url: 'https://moved.example/' });
    await world.clock.advance(0);
    expect(world.at('moved')).toHaveLength(1);
    expect(world.at('moved')[0]?.notice.noticeId).toBe(world.at('managed')[0]?.notice.noticeId ?? '');
    expect(registry.get(appForTests, id)).toMatchObject({
      failingSinceMs: undefined,
      givenUp: 0,
      backlog: 0,
    });
    await close();
  });

  test('HOOK84: with a deleted endpoint go its cursor and what was given up', async () => {
    const { world, registry, disk, enabled, close } = await openManaged();
    const { id } = await enabled();
    expect(await disk.list(givenUpFolder)).toHaveLength(1);
    await registry.delete(appForTests, id);
    world.log.append(...new LifeForTests().whole(1));
    await world.clock.advance(1_000);
    expect(world.sent).toEqual([]);
    expect(await disk.list(givenUpFolder)).toEqual([]);
    expect(new TextDecoder().decode((await disk.read(cursorPath)) ?? undefined)).not.toContain(id);
    expect(() => registry.get(appForTests, id)).toThrow(expect.objectContaining({ code: 'not_found' }));
    await close();
  });

  test('HOOK155: a crash anywhere in a deletion leaves nothing of the endpoint after the next start, and all of the others', async () => {
    let interrupted = 0;
    for (let steps = 0; ; steps++) {
      const one = await openManaged(new NotifyWorld(steps + 1), [{ skipHealthTest: true }]);
      const { id } = await one.enabled();
      // Configured once, and merely absent now: it may come back.
      const absent = endpointForTests('absent');
      await one.notify.add(absent);
      let done = false;
      void one.registry.delete(appForTests, id).then(() => {
        done = true;
      });
      for (let step = 0; step < steps; step++) await undefined;
      one.world.crash();
      const two = await openManaged(one.world, [{ skipHealthTest: true }]);
      const isThere = two.registry.list(appForTests).some(({ endpointId }) => endpointId === id);
      const cursors = new TextDecoder().decode((await two.disk.read(cursorPath)) ?? undefined);
      expect(cursors.includes(id)).toBe(isThere);
      expect(await two.disk.list(givenUpFolder)).toHaveLength(isThere ? 3 : 2);
      for (const kept of ['absent', 'fixed']) expect(cursors).toContain(kept);
      if (!isThere && !done) interrupted += 1;
      await two.close();
      if (done) break;
    }
    expect(interrupted).toBeGreaterThan(5);
  });

  test('HOOK155: if the file of managed endpoints is missing, nothing of theirs is taken for deleted', async () => {
    const one = await openManaged();
    const { id } = await one.enabled();
    const file = (await one.disk.read(endpointsPath)) ?? new Uint8Array();
    await one.close();
    await one.disk.remove(endpointsPath);
    const two = await openManaged(one.world);
    expect(new TextDecoder().decode((await two.disk.read(cursorPath)) ?? undefined)).toContain(id);
    await two.close();
    await two.disk.replace(endpointsPath, file);
    const three = await openManaged(one.world);
    expect(three.registry.get(appForTests, id).state).toBe('running');
    await three.close();
  });

  test('HOOK85: a rotation leaves two secrets active for a while, and never three', async () => {
    const { world, registry, enabled, close } = await openManaged();
    const { id, secret } = await enabled();
    const rotated = await registry.rotateSecret(appForTests, id, { overlapMs: 5_000 });
    expect(rotated.secret).not.toBe(secret);
    expect(rotated.endpoint.secrets.map(({ endsMs }) => endsMs)).toEqual([
      world.clock.nowMs() + 5_000,
      undefined,
    ]);
    const again = registry.rotateSecret(appForTests, id, {});
    await expect(again).rejects.toMatchObject({ code: 'endpoint_state' });
    await world.clock.advance(5_000);
    expect(registry.get(appForTests, id).secrets).toHaveLength(1);
    const day = (await registry.rotateSecret(appForTests, id, undefined)).endpoint.secrets[0]?.endsMs;
    expect(day).toBe(world.clock.nowMs() + fixed.secretOverlapMs);
    const last = await registry.rotateSecret(appForTests, id, { secret: 'mine', overlapMs: 0 });
    expect(last).toMatchObject({ secret: 'mine', endpoint: { secrets: [{ hint: '…' }] } });
    await close();
  });

  test('HOOK86: an app has a bounded number of endpoints', async () => {
    const { registry, close } = await openManaged();
    for (let n = 0; n < limits.appEndpointsMax; n++) await registry.create(appForTests, { url });
    const more = registry.create(appForTests, { url });
    await expect(more).rejects.toMatchObject({ code: 'endpoints_full' });
    await registry.create('f'.repeat(32), { url });
    await close();
  });
});

describe('the health test', () => {
  test('HOOK87: one notice of each type, about the test channel and uid, signed, all within the one test', async () => {
    const { world, registry, close } = await openManaged();
    const { endpoint } = await registry.create(appForTests, { url, secret: 'known' });
    const report = await registry.test(appForTests, endpoint.endpointId);
    expect(report.ok).toBe(true);
    expect(report.results.map(({ eventType }) => eventType)).toEqual([...noticeTypeNumbers]);
    expect(world.sent.map(({ notice }) => notice.eventType)).toEqual([...noticeTypeNumbers]);
    for (const { notice, request } of world.sent) {
      expect(notice.payload.channelName).toBe(testChannel);
      const uid = notice.eventType === 102 ? notice.payload.lastUid : notice.payload.uid;
      expect(uid).toBe(notice.eventType === 101 ? undefined : testUid);
      expect(request.headers['Agora-Signature-V2']).toMatch(/^[0-9a-f]{64}$/);
      expect(request.timeoutMs).toBe(10_000);
    }
    await close();
  });

  const failures: readonly [string, SendOutcome, number][] = [
    ['no answer in time', { answered: false, stage: 'answer-timeout', detail: 'no answer' }, 590],
    ['a refused connection', { answered: false, stage: 'connect', detail: 'refused' }, 590],
    ['a private address', { answered: false, stage: 'address', detail: 'not allowed' }, 590],
    ['a name without address', { answered: false, stage: 'resolve', detail: 'unknown' }, 591],
    ['a certificate', { answered: false, stage: 'tls', detail: 'expired' }, 592],
    ['another status', answered(302), 302],
    ['a 204', answered(204), 204],
  ];
  for (const [name, outcome, code] of failures)
    test(`HOOK88: ${name} is ${code}, and the endpoint stays disabled`, async () => {
      const { world, registry, close } = await openManaged();
      world.answering = ({ notice }) => (notice.eventType === 105 ? outcome : answered(200));
      const { endpoint } = await registry.create(appForTests, { url, events: [101, 105] });
      const report = await registry.enable(appForTests, endpoint.endpointId);
      expect(report).toMatchObject({
        ok: false,
        results: [{ code: 200 }, { eventType: 105, ok: false, code }],
      });
      expect(report.endpoint.state).toBe('disabled');
      await close();
    });

  test('HOOK87: in the standard format they are worded and signed as such, and any 2xx will do', async () => {
    const { world, registry, close } = await openManaged();
    world.answering = () => answered(204);
    const { endpoint } = await registry.create(appForTests, { url, events: [105], format: 'standard' });
    const report = await registry.test(appForTests, endpoint.endpointId);
    expect(report).toMatchObject({ ok: true, results: [{ code: 204 }] });
    const request = world.sent[0]?.request;
    const { headers = {}, body = '{}' } = request ?? {};
    expect(headers['webhook-signature']).toMatch(/^v1,/);
    expect(headers['webhook-id']).toBe(JSON.parse(body).id);
    expect(body).toContain(testChannel);
    await close();
  });

  test('HOOK88: a body that is not JSON is a warning', async () => {
    const { world, registry, close } = await openManaged();
    world.answering = () => ({ answered: true, status: 200, excerpt: 'Ok' });
    const { endpoint } = await registry.create(appForTests, { url, events: [101] });
    const { ok, results } = await registry.enable(appForTests, endpoint.endpointId);
    expect(ok).toBe(true);
    expect(results[0]?.detail).toContain('not JSON');
    await close();
  });

  test('HOOK89: an endpoint that was changed while it was tested is not enabled', async () => {
    const { world, registry, close } = await openManaged();
    const { endpoint } = await registry.create(appForTests, { url, events: [101] });
    const { promise, resolve } = Promise.withResolvers<SendOutcome>();
    world.answering = () => promise;
    const enabling = registry.enable(appForTests, endpoint.endpointId);
    await expect(registry.test(appForTests, endpoint.endpointId)).rejects.toMatchObject({
      code: 'rate_limited',
    });
    await registry.change(appForTests, endpoint.endpointId, { url: 'https://other.example/' });
    resolve(answered(200));
    await expect(enabling).rejects.toMatchObject({ code: 'endpoint_state' });
    expect(registry.get(appForTests, endpoint.endpointId).state).toBe('disabled');
    await close();
  });

  test('HOOK90: one of the configuration that must pass waits for it, and then gets everything', async () => {
    const world = new NotifyWorld();
    world.answering = () => answered(503);
    const { registry, close } = await openManaged(world, [{ skipHealthTest: false }]);
    world.log.append(...new LifeForTests('early').whole(1));
    await world.clock.advance(1_000);
    expect(registry.get(appForTests, 'fixed').state).toBe('disabled');
    expect(channelsOf(world, 'fixed')).toEqual([testChannel]);
    world.answering = () => answered(200);
    await world.clock.advance(limits.healthTestAgainMs);
    expect(registry.get(appForTests, 'fixed')).toMatchObject({ state: 'running', source: 'config' });
    expect(channelsOf(world, 'fixed')).toEqual([testChannel, 'early']);
    await close();
  });
});
