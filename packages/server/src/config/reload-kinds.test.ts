import { expect, test } from 'bun:test';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import { planReload } from './reload-kinds.ts';

const app = { id: '0'.repeat(32), certificate: 'f'.repeat(32) };
const configOf = (over: Readonly<Record<string, unknown>> = {}): Config =>
  loadConfig({ env: {}, overrides: { apps: [app], ...over } });

test('RELOAD6: what a reload takes is in the plan, what it cannot take is as it was, and each is named', () => {
  const running = configOf();
  const plan = planReload(
    running,
    configOf({
      listen: { port: 1, socketsMax: 5, trustedProxies: ['10.0.0.1'] },
      limits: { joinsPerToken: 3 },
      media: { udpPort: 5, tcpPort: 7_081, sessionsPerAppMax: 7 },
      retention: { hours: 2 },
    }),
  );
  expect(plan.changed).toEqual([
    'listen.trustedProxies',
    'listen.socketsMax',
    'limits.joinsPerToken',
    'media.sessionsPerAppMax',
  ]);
  expect(plan.waiting).toEqual(['listen.port', 'retention.hours', 'media.udpPort']);
  const { listen, media, retention, limits } = plan.config;
  expect([listen.port, media.udpPort, retention]).toEqual([7080, 7081, running.retention]);
  expect([listen.socketsMax, media.sessionsPerAppMax, limits.joinsPerToken]).toEqual([5, 7, 3]);
  expect(planReload(running, configOf())).toEqual({ config: running, changed: [], waiting: [] });
});

test('RELOAD6: other certificate files are taken; whether there is TLS, and whose, waits', () => {
  const tls = (value: object | undefined) => configOf({ listen: { tls: value } });
  const files = tls({ cert: 'a', key: 'b' });
  const others = planReload(files, tls({ cert: 'c', key: 'd' }));
  expect([others.changed, others.waiting]).toEqual([['listen.tls'], []]);
  expect(others.config.listen.tls).toEqual({ cert: 'c', key: 'd' });
  for (const next of [tls(undefined), tls({ selfSigned: true })]) {
    const plan = planReload(files, next);
    expect([plan.changed, plan.waiting, plan.config.listen.tls]).toEqual([
      [],
      ['listen.tls'],
      files.listen.tls,
    ]);
  }
});

test('RELOAD11: an app without certificate is not taken where others reach the server, though the file says another address', () => {
  const running = configOf({ listen: { host: '0.0.0.0' } });
  const next = configOf({ listen: { host: '127.0.0.1' }, apps: [app, { id: '1'.repeat(32) }] });
  expect(() => planReload(running, next)).toThrow('apps[1].certificate: expected one');
});
