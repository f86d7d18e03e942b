import { expect, test } from 'bun:test';
import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { signalingSealBytes } from '@housecount/protocol';
import AgoraRTM from '../index.ts';
import { type Encryption, type SealedAbout, Sealer } from './sealer.ts';

const app = '0123456789ABCDEF0123456789abcdef';
const encryption: Encryption = {
  mode: 'AES_256_GCM',
  cipherKey: 'a key — of any letters',
  salt: Uint8Array.of(1, 2, 3),
};
const about: SealedAbout = {
  channelType: 'MESSAGE',
  channel: 'lobby',
  topic: '',
  publisher: 'ann',
  customType: 'chat',
};
const sealer = new Sealer(app, encryption);

/** The bytes that docs/encryption.md describes, made without the code under test. */
const boundTo = Buffer.from('["0123456789abcdef0123456789abcdef","MESSAGE","lobby","","ann","chat"]');
const keyOf = (bytes: number) =>
  pbkdf2Sync(
    encryption.cipherKey,
    Buffer.concat([Buffer.from([1, 2, 3]), Buffer.alloc(29)]),
    600_000,
    bytes,
    'sha256',
  );

test.each([
  ['AES_128_GCM', 'aes-128-gcm', 16],
  ['AES_256_GCM', 'aes-256-gcm', 32],
] as const)(
  'RTM130: %s is what its page says: another implementation reads it and is read',
  async (mode, name, keyBytes) => {
    const each = new Sealer(app, { ...encryption, mode });
    const key = keyOf(keyBytes);
    for (const [message, kind] of [
      ['', 0],
      ['héllo \uFEFF', 0],
      [new Uint8Array(), 1],
      [Uint8Array.of(0, 255, 128), 1],
    ] as const) {
      const plain = Buffer.concat([Buffer.from([kind]), Buffer.from(message)]);
      const content = await each.seal(message, about);
      if (!('sealed' in content)) throw new Error('it is in the clear');
      const sealed = Buffer.from(content.sealed, 'base64');
      expect(sealed.length).toBe(Buffer.from(message).length + signalingSealBytes);
      expect(sealed[0]).toBe(1);
      const opening = createDecipheriv(name, key, sealed.subarray(1, 13)).setAAD(boundTo);
      opening.setAuthTag(sealed.subarray(-16));
      expect(Buffer.concat([opening.update(sealed.subarray(13, -16)), opening.final()])).toEqual(plain);

      const nonce = Buffer.alloc(12, 7);
      const sealing = createCipheriv(name, key, nonce).setAAD(boundTo);
      const parts = [Buffer.from([1]), nonce, sealing.update(plain), sealing.final(), sealing.getAuthTag()];
      const theirs = { sealed: Buffer.concat(parts).toString('base64') };
      expect(await each.open(theirs, about)).toEqual(message as string);
    }
  },
);

test('RTM131: with another key, salt, mode or app, changed, or given out as something else, it is not opened', async () => {
  const content = await sealer.seal('secret', about);
  if (!('sealed' in content)) throw new Error('it is in the clear');
  expect(await sealer.open(content, about)).toBe('secret');
  for (const other of [
    new Sealer(app, { ...encryption, cipherKey: 'another' }),
    new Sealer(app, { ...encryption, salt: Uint8Array.of(1, 2, 4) }),
    new Sealer(app, { ...encryption, mode: 'AES_128_GCM' }),
    new Sealer('f'.repeat(32), encryption),
  ])
    expect(await other.open(content, about)).toBeUndefined();
  for (const [field, value] of Object.entries({
    channelType: 'USER',
    channel: 'hall',
    topic: 't',
    publisher: 'bob',
    customType: '',
  }))
    expect(await sealer.open(content, { ...about, [field]: value })).toBeUndefined();
  const bytes = Buffer.from(content.sealed, 'base64');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(await sealer.open({ sealed: changed.toString('base64') }, about)).toBeUndefined();
  }
  for (const sealed of ['', '!', 'AQ==', bytes.subarray(0, -1).toString('base64')])
    expect(await sealer.open({ sealed }, about)).toBeUndefined();
});

test('RTM131: with encryption, content that is not encrypted is not taken for a message', async () => {
  expect(await sealer.open({ text: 'hello' }, about)).toBeUndefined();
  expect(await sealer.open({ bytes: 'AAEC' }, about)).toBeUndefined();
});

test('RTM130: no two messages share a nonce, and salts that differ by zeros at the end are the same', async () => {
  const contents = await Promise.all(Array.from({ length: 500 }, () => sealer.seal('same', about)));
  const nonces = contents.map((content) =>
    Buffer.from('sealed' in content ? content.sealed : '', 'base64').toString('hex', 1, 13),
  );
  expect(new Set(nonces).size).toBe(500);
  const padded = new Sealer(app, { ...encryption, salt: Uint8Array.of(1, 2, 3, 0, 0) });
  expect(await padded.open(contents[0] as { sealed: string }, about)).toBe('same');
});

test('RTM132: sealed in the order of the calls, whatever the sizes, from the bytes as they were at the call', async () => {
  const order: number[] = [];
  const bytes = new Uint8Array(32_768).fill(1);
  const calls = Array.from({ length: 20 }, async (_, each) => {
    await sealer.seal(each % 2 === 0 ? bytes : '', about);
    order.push(each);
  });
  const first = sealer.seal(bytes, about);
  bytes.fill(2);
  await Promise.all(calls);
  expect(order).toEqual(Array.from({ length: 20 }, (_, each) => each));
  const opened = await sealer.open(await first, about);
  expect((opened as Uint8Array).every((byte) => byte === 1)).toBe(true);
});

test('RTM133: without WebCrypto a client that shall encrypt is not made', () => {
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
  try {
    const make = () => new AgoraRTM.RTM(app, 'ann', { encryptionMode: 'AES_128_GCM', cipherKey: 'k' });
    expect(make).toThrow(expect.objectContaining({ errorCode: -10022, operation: 'initRTM' }));
  } finally {
    Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
  }
});
