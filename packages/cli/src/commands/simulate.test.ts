import { expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { simulate } from './simulate.ts';

test('CLI17: a server that does not answer is said in the report, and the status is 1', async () => {
  const taken = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  let out = '';
  const status = await simulate.run(
    {
      url: `http://127.0.0.1:${port}`,
      app: '0123456789abcdef0123456789abcdef',
      certificate: 'fedcba9876543210fedcba9876543210',
      channel: 'lobby',
      audience: '1',
      for: '100ms',
    },
    {
      out: (text) => {
        out += text;
      },
      err: () => {},
      env: {},
    },
  );
  taken.close();
  expect(status).toBe(1);
  expect(out).toMatch(/^joins {5}0$/m);
  expect(out).toMatch(/^unreached \d+ /m);
});
