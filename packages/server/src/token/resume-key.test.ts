import { expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { makeResumeKey, verifyResumeKey } from './resume-key.ts';

const secret = new Uint8Array(32).fill(1);
const claim = {
  app: '0123456789abcdef0123456789abcdef',
  channel: 'town hall.x',
  uid: 7,
  connectionId: 'ABC',
};

test('WIRE19: a key is read back as what it was made of, by the same secret only', () => {
  const key = makeResumeKey(secret, claim);
  expect(key).toMatch(/^hc1\.[\w-]+\.[\w-]{43}$/);
  expect(verifyResumeKey(secret, key)).toEqual(claim);
  expect(verifyResumeKey(new Uint8Array(32).fill(2), key)).toBeUndefined();
});

test('WIRE19: no text but a made key is a key', () => {
  const key = makeResumeKey(secret, claim);
  for (let index = 0; index < key.length; index++) {
    const turned = `${key.slice(0, index)}${key[index] === 'A' ? 'B' : 'A'}${key.slice(index + 1)}`;
    // The last character carries two bits that no byte has: another spelling of the same mac.
    const result = verifyResumeKey(secret, turned);
    if (index < key.length - 1) expect(result).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => verifyResumeKey(secret, text) === undefined));
  fc.assert(
    fc.property(fc.base64String(), (text) => verifyResumeKey(secret, `hc1.${text}.${text}`) === undefined),
  );
});

test('WIRE19: a well signed claim of another shape is none', () => {
  for (const content of [
    ['x', 'y', 1, 'z'],
    [claim.app, claim.channel, -1, 'z'],
    [claim.app, claim.channel, 1],
  ]) {
    const payload = Buffer.from(JSON.stringify(content)).toString('base64url');
    const mac = createHmac('sha256', secret).update(`hc1.${payload}`).digest('base64url');
    expect(verifyResumeKey(secret, `hc1.${payload}.${mac}`)).toBeUndefined();
  }
});
