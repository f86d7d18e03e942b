import { expect, test } from 'bun:test';
import { SimDisk } from '../test/simulation/sim-disk.ts';
import { SimRandom } from '../test/simulation/sim-random.ts';
import { loadTls } from './tls.ts';

const listen = { host: '127.0.0.1', port: 0, tls: { selfSigned: true } } as const;
const text = (written: string) => new TextEncoder().encode(written);
const begin = () => new SimDisk(new SimRandom(5)).mount();

test('OPS16: a self-signed certificate is made once and kept', async () => {
  const disk = begin();
  const made = await loadTls(listen, disk);
  expect(made.tls?.cert).toContain('BEGIN CERTIFICATE');
  expect(await loadTls(listen, disk)).toEqual(made);
});

for (const path of ['self-signed/cert.pem', 'self-signed/key.pem'])
  for (const content of ['', 'no PEM'])
    test(`OPS16: ${path} holding '${content}' stops the start, and is named`, async () => {
      const disk = begin();
      await loadTls(listen, disk);
      await disk.replace(path, text(content));
      await expect(loadTls(listen, disk)).rejects.toMatchObject({
        code: 'data_damaged',
        message: expect.stringContaining(path),
      });
    });

test('OPS16: a key that is not the certificate\u2019s is replaced together with it', async () => {
  const [disk, other] = [begin(), begin()];
  const made = await loadTls(listen, disk);
  const foreign = await loadTls(listen, other);
  await disk.replace('self-signed/key.pem', text(foreign.tls?.key ?? ''));
  const anew = await loadTls(listen, disk);
  expect(anew.tls?.cert).not.toBe(made.tls?.cert);
  expect(anew.tls?.key).not.toBe(foreign.tls?.key);
  expect(await loadTls(listen, disk)).toEqual(anew);
});
