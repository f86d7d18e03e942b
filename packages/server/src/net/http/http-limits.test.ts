import { expect, test } from 'bun:test';
import { SimClock } from '../../../test/simulation/sim-clock.ts';
import { SimRandom } from '../../../test/simulation/sim-random.ts';
import { quietLogger, quietMetrics } from '../../../testing/worlds/notify-world.ts';
import { AddressCount } from '../address/address-count.ts';
import { clientReader, nobodyTrusted } from '../address/client.ts';
import { httpHandler } from './http.ts';

test('LIMIT7: a body has as many bytes as bodyBytesMax says, and as much time as bodyMs says', async () => {
  const clock = new SimClock(1);
  const handle = httpHandler({
    clock: clock.process(),
    random: new SimRandom(1),
    logger: quietLogger(() => {}),
    metrics: quietMetrics,
    basePath: '',
    open: new AddressCount(10, 10),
    routes: [
      {
        method: 'POST',
        path: '/length',
        handle: async (request) => new Response(String((await request.arrayBuffer()).byteLength)),
      },
    ],
    limits: { bodyBytesMax: 4, bodyMs: 100 },
  });
  const read = clientReader(nobodyTrusted);
  const asks = (body: string | ReadableStream) => {
    const request = new Request('http://localhost/length', { method: 'POST', body });
    return handle(request, { ...read('192.0.2.1', request), signal: new AbortController().signal });
  };
  const codeOf = async (answer: Response) => ((await answer.json()) as { code?: string }).code ?? 'ok';
  expect((await asks('1234')).status).toBe(200);
  expect(await codeOf(await asks('12345'))).toBe('body_too_large');
  const slow = asks(new ReadableStream({ pull: () => new Promise(() => {}) }));
  await clock.advance(99);
  expect(await Promise.race([slow, 'waits'])).toBe('waits');
  await clock.advance(1);
  expect(await codeOf(await slow)).toBe('body_invalid');
});
