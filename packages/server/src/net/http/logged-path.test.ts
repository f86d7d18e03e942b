import { expect, test } from 'bun:test';
import { systemClock, systemRandom } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import { createMetrics } from '../../observe/metrics.ts';
import { AddressCount } from '../address/address-count.ts';
import { httpHandler } from './http.ts';

test('MEDIA30: no log line of a request has the URL of a media session', async () => {
  const lines: string[] = [];
  const write = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: write, info: write, warn: write, error: write, with: () => logger };
  const handle = httpHandler({
    basePath: '',
    open: new AddressCount(10, 10),
    routes: [
      {
        method: 'DELETE',
        path: '/v1/media/{session}',
        handle: () => {
          throw new Error('broken');
        },
      },
      { method: 'GET', path: '/v1/other/{name}', handle: () => new Response('found') },
    ],
    clock: systemClock(),
    random: systemRandom(),
    logger,
    metrics: createMetrics(),
  });
  const ask = (method: string, path: string) =>
    handle(new Request(`http://localhost${path}`, { method }), {
      address: '127.0.0.1',
      isProxied: false,
      origin: undefined,
      signal: new AbortController().signal,
    });
  for (const path of ['', '/', '/more', '/%E0', '?token=zQx7'])
    for (const method of ['DELETE', 'PATCH', 'GET']) await ask(method, `/v1/media/zQx7${path}`);
  await ask('DELETE', '/base/v1/media/zQx7');
  expect(lines.length).toBeGreaterThanOrEqual(16);
  expect(lines.filter((line) => line.includes('zQx7'))).toEqual([]);
  await ask('GET', '/v1/other/name');
  expect(lines.at(-1)).toContain('/v1/other/name');
});
