import { expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimDisk } from '../../test/simulation/sim-disk.ts';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { ConfigError } from '../settings/reader.ts';
import { loadTls } from './tls.ts';

const listen = { tls: { selfSigned: true } } as const;
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

test('OPS3: certificate files that cannot be used stop the start, each named by its key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-tls-'));
  try {
    const [own, foreign] = [await loadTls(listen, begin()), await loadTls(listen, begin())];
    const at = (name: string) => join(folder, name);
    await writeFile(at('cert.pem'), own.tls?.cert ?? '');
    await writeFile(at('key.pem'), own.tls?.key ?? '');
    await writeFile(at('foreign.pem'), foreign.tls?.key ?? '');
    await writeFile(at('text.pem'), 'no PEM');
    const load = (cert: string, key: string) => loadTls({ tls: { cert: at(cert), key: at(key) } }, begin());
    expect(await load('cert.pem', 'key.pem')).toEqual(own);
    for (const [cert, key, problems] of [
      ['none.pem', 'key.pem', [/^listen\.tls\.cert: .*none\.pem cannot be read/]],
      [
        'text.pem',
        'none.pem',
        [/^listen\.tls\.cert: .* is not a certificate/, /^listen\.tls\.key: .* cannot be/],
      ],
      ['cert.pem', 'text.pem', [/^listen\.tls\.key: .* is not a private key/]],
      ['cert.pem', 'foreign.pem', [/^listen\.tls\.key: .* is not the key of the certificate/]],
    ] as const) {
      const error = await load(cert, key).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems).toEqual(problems.map((each) => expect.stringMatching(each)));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
