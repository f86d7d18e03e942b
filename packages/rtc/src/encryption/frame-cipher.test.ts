import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { oldestBrowsers } from '../../../../scripts/build/browsers.mjs';
import { codeOf } from '../testing/fake-server.ts';
import { readEncryption } from './encryption.ts';
import { clearBytes, escapeBytes, isAnnexB, unescapeBytes } from './frame-bytes.ts';
import { type CipherKey, frameCipher } from './frame-cipher.ts';
import { type serveFrames, workerScript } from './frame-worker.ts';

const tools = { clearBytes, isAnnexB, escapeBytes, unescapeBytes };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const key = (secret = 'secret', more: Partial<CipherKey> = {}): CipherKey => ({
  ...{ secret: bytes(secret), salt: new Uint8Array(32).fill(7), bits: 256 as const },
  ...more,
});
const cipher = (given = key()) => frameCipher(given, tools);

/** Frames of each kind, with a word in what is not to be seen. */
const word = bytes('THE PICTURE AND THE SOUND');
const frames = {
  keyframe: Uint8Array.of(0x50, 1, 2, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, ...word),
  delta: Uint8Array.of(0x31, 1, 2, ...word),
  opus: Uint8Array.of(0x78, ...word),
  h264: Uint8Array.of(
    ...[0, 0, 0, 1, 0x67, 0x42, 0, 0x1f],
    ...[0, 0, 0, 1, 0x68, 0xce],
    ...[0, 0, 0, 1, 0x65, 0x88, 0],
    ...word,
  ),
};
const clear = { keyframe: 10, delta: 3, opus: 1, h264: 21 };
const names = Object.keys(frames) as (keyof typeof frames)[];
const kindOf = (name: string) => (name === 'opus' ? 'audio' : 'video');

for (const bits of [128, 256] as const)
  test(`SDK180: only the codec's own header bytes stay as they are, and who has the key reads the rest (${bits} bits)`, async () => {
    for (const name of names) {
      const frame = frames[name];
      const sealed = await cipher(key('secret', { bits })).sealer(kindOf(name))(frame);
      expect([...sealed.subarray(0, clear[name])]).toEqual([...frame.subarray(0, clear[name])]);
      expect(Buffer.from(sealed).includes(Buffer.from('PICTURE'))).toBe(false);
      expect(await cipher(key('secret', { bits })).opener(kindOf(name))(sealed)).toEqual(frame);
    }
  });

test('SDK181: a frame under another key or salt, a changed one, a plain one and one that came before are refused', async () => {
  for (const name of names) {
    const kind = kindOf(name);
    const seal = cipher().sealer(kind);
    const sealed = await seal(frames[name]);
    const refused = (
      open: ReturnType<ReturnType<typeof cipher>['opener']>,
      frame: Uint8Array,
    ): Promise<boolean> =>
      open(frame).then(
        () => false,
        () => true,
      );
    expect(await refused(cipher(key('other')).opener(kind), sealed)).toBe(true);
    expect(await refused(cipher(key('secret', { salt: new Uint8Array(32) })).opener(kind), sealed)).toBe(
      true,
    );
    expect(await refused(cipher(key('secret', { bits: 128 })).opener(kind), sealed)).toBe(true);
    expect(await refused(cipher().opener(kind), frames[name])).toBe(true);
    const changed = sealed.slice();
    changed[clear[name] + 3] = (changed[clear[name] + 3] ?? 0) ^ 0x10;
    expect(await refused(cipher().opener(kind), changed)).toBe(true);

    const open = cipher().opener(kind);
    const later = await Promise.all(Array.from({ length: 300 }, () => seal(frames[name])));
    await open(sealed);
    expect(await refused(open, sealed)).toBe(true);
    // Layers may come a little out of order, and each once.
    await open(later[5] as Uint8Array);
    await open(later[2] as Uint8Array);
    expect(await refused(open, later[2] as Uint8Array)).toBe(true);
    await open(later[299] as Uint8Array);
    expect(await refused(open, later[3] as Uint8Array)).toBe(true);
  }
});

test('SDK181: two senders of one channel never use a key twice, and a receiver takes frames of both', async () => {
  const [one, other] = [cipher().sealer('audio'), cipher().sealer('audio')];
  const [first, second] = [await one(frames.opus), await other(frames.opus)];
  expect(first).not.toEqual(second);
  const open = cipher().opener('audio');
  expect([await open(first), await open(second)]).toEqual([frames.opus, frames.opus]);
});

test('SDK180: what is hidden of H.264 holds no start code, wherever its bytes fall', () => {
  for (const before of [Uint8Array.of(5), Uint8Array.of(5, 0), Uint8Array.of(0, 0)])
    for (let seed = 0; seed < 2000; seed += 1) {
      const given = Uint8Array.from(
        { length: 6 },
        (_, at) => [0, 0, 1, 3, 0, 2, 200][(seed * (at + 3) * 7 + (seed >> at)) % 7] ?? 0,
      );
      const escaped = escapeBytes(given, before);
      const whole = [...before, ...escaped];
      const isFree = whole.every(
        (byte, at) => !(byte <= 2 && whole[at - 1] === 0 && whole[at - 2] === 0 && at >= before.length),
      );
      expect([isFree, unescapeBytes(escaped, before)]).toEqual([true, given]);
    }
});

test('SDK182: modes that no browser has are NOT_SUPPORTED, and what is none INVALID_PARAMS', async () => {
  const read = async (mode: string, secret: unknown, salt?: unknown): Promise<unknown> =>
    readEncryption({ mode, secret: secret as string, salt: salt as Uint8Array });
  expect(await read('none', '')).toBeUndefined();
  expect(await codeOf(read('aes-128-xts', 'x'))).toBe('NOT_SUPPORTED');
  expect(await codeOf(read('sm4-128-ecb', 'x'))).toBe('NOT_SUPPORTED');
  expect(await codeOf(read('rot-13', 'x'))).toBe('INVALID_PARAMS');
  expect(await codeOf(read('aes-256-gcm', ''))).toBe('INVALID_PARAMS');
  expect(await codeOf(read('aes-256-gcm', 'ñ'))).toBe('INVALID_PARAMS');
  expect(await codeOf(read('aes-256-gcm2', 'secret'))).toBe('INVALID_PARAMS');
  expect(await codeOf(read('aes-256-gcm2', 'secret', new Uint8Array(31)))).toBe('INVALID_PARAMS');
  // No browser is here.
  expect(await codeOf(read('aes-256-gcm2', 'secret', new Uint8Array(32)))).toBe('NOT_SUPPORTED');
});

test("SDK183: the worker's script needs nothing of the page, also when it is minified for the oldest browsers", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'housecount-worker-'));
  const outfile = join(folder, 'worker.mjs');
  const entryPoints = [fileURLToPath(new URL('frame-worker.ts', import.meta.url))];
  await build({ entryPoints, outfile, bundle: true, minify: true, format: 'esm', target: oldestBrowsers });
  const minified = ((await import(outfile)) as { workerScript: typeof workerScript }).workerScript();
  await rm(folder, { recursive: true });
  for (const script of [workerScript(), minified]) {
    const said: unknown[] = [];
    const scope = { postMessage: (message: unknown) => said.push(message) } as unknown as Parameters<
      typeof serveFrames
    >[0];
    new Function('self', script)(scope);
    scope.onmessage?.({ data: { key: key() } });
    const through = async (operation: 'seal' | 'open', frame: Uint8Array): Promise<Uint8Array[]> => {
      const made: Uint8Array[] = [];
      const over = new Promise<void>((resolve) => {
        const readable = new ReadableStream({
          start(controller) {
            controller.enqueue({ data: frame.slice().buffer });
            controller.close();
          },
        });
        const writable = new WritableStream<{ data: ArrayBuffer }>({
          write: ({ data }) => void made.push(new Uint8Array(data)),
          close: resolve,
        });
        scope.onrtctransform?.({
          transformer: { readable, writable, options: { operation, kind: 'video' } },
        });
      });
      await over;
      return made;
    };
    const [sealed] = await through('seal', frames.delta);
    expect(sealed).not.toEqual(frames.delta);
    expect(await through('open', sealed as Uint8Array)).toEqual([frames.delta]);
    expect(said).toEqual([]);
    expect(await through('open', frames.delta)).toEqual([]);
    expect(said).toEqual(['failed']);
  }
});
