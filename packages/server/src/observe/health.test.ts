import { expect, test } from 'bun:test';
import { testClock } from '../../testing/worlds/clock.ts';
import { observeRoutes } from '../api/observe-routes.ts';
import type { Clock } from '../clock.ts';
import type { RequestContext, Route } from '../net/http/route.ts';
import { createHealth } from './health.ts';
import { createMetrics } from './metrics.ts';

function setup(mayLook = true) {
  const timers: (() => void)[] = [];
  const clock: Clock = {
    ...testClock(() => 0),
    after: (_delayMs, run) => {
      timers.push(run);
      return () => timers.splice(timers.indexOf(run), 1);
    },
  };
  const health = createHealth(clock);
  const routes = observeRoutes({
    metrics: createMetrics(),
    health,
    whyNotLook: () => (mayLook ? undefined : 'unauthorized'),
  });
  const get = async (path: string) => {
    const route = routes.find((one) => one.path === path) as Route;
    const url = new URL(path, 'http://127.0.0.1');
    const context: RequestContext = {
      params: {},
      url,
      address: '127.0.0.1',
      isProxied: false,
      origin: 'http://127.0.0.1',
      requestId: 'r',
      signal: AbortSignal.abort(),
    };
    return route.handle(new Request(url.href), context);
  };
  return { health, timers, get };
}

test('OPS6: alive is always told; ready only while every part is', async () => {
  const { health, get } = setup();
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(200);
  let reason: string | undefined = 'The disk is full.';
  health.register('log', () => reason);
  const remove = health.register('media', async () => 'It is being restarted.');
  const answer = await get('/readyz');
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({
    status: 'not-ready',
    reasons: { log: 'The disk is full.', media: 'It is being restarted.' },
  });
  reason = undefined;
  remove();
  expect((await get('/readyz')).status).toBe(200);
  expect((await get('/healthz')).status).toBe(200);
});

test('OPS6: a check that throws or never answers counts as not ready', async () => {
  const { health, timers, get } = setup();
  health.register('throws', () => {
    throw new Error('secret detail');
  });
  health.register('hangs', () => new Promise(() => {}));
  const asking = get('/readyz');
  while (timers.length === 0) await Promise.resolve();
  for (const run of [...timers]) run();
  const answer = await asking;
  expect(answer.status).toBe(503);
  const text = await answer.text();
  expect(text).toContain('hangs');
  expect(text).not.toContain('secret detail');
});

test('OPS5: /metrics says its format', async () => {
  const { get } = setup();
  const answer = await get('/metrics');
  expect(answer.headers.get('content-type')).toStartWith('text/plain; version=0.0.4');
  expect(await answer.text()).toContain('# TYPE housecount_metrics_dropped_total counter');
});

test('ACCESS3: who may not look is told whether the server is ready and not why, and reads no numbers', async () => {
  const { health, get } = setup(false);
  expect(await (await get('/readyz')).json()).toEqual({ status: 'ready' });
  health.register('log', () => 'The disk is full.');
  const answer = await get('/readyz');
  expect([answer.status, await answer.json()]).toEqual([503, { status: 'not-ready' }]);
  const metrics = await get('/metrics');
  expect([metrics.status, metrics.headers.get('www-authenticate')]).toEqual([
    401,
    'Basic realm="housecount"',
  ]);
  expect(await metrics.text()).not.toContain('housecount_metrics');
});
