import { expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { LinkProofs, linkProofMs } from './link-proof.ts';
import { makeResumeKey, verifyResumeKey } from './resume-key.ts';

const secret = new Uint8Array(32).fill(1);
const proofs = new LinkProofs(secret);
const claim = {
  app: '0123456789abcdef0123456789abcdef',
  userId: 'ann',
  session: 'S1',
  nonce: 'N1',
};
const proof = proofs.issue(claim, 1_000);

test('PERSON10: a proof is read back as what it was issued for, by the same server only', () => {
  expect(proof).toMatch(/^hcl1\.[\w-]+\.[\w-]{43}$/);
  expect(proofs.read(proof)).toEqual({ ...claim, endsMs: 1_000 + linkProofMs });
  expect(new LinkProofs(new Uint8Array(32).fill(2)).read(proof)).toBeUndefined();
});

test('PERSON10: no text but an issued proof is a proof', () => {
  for (let index = 0; index < proof.length - 1; index++) {
    const turned = `${proof.slice(0, index)}${proof[index] === 'A' ? 'B' : 'A'}${proof.slice(index + 1)}`;
    expect(proofs.read(turned)).toBeUndefined();
    expect(proofs.read(proof.slice(0, index))).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => proofs.read(text) === undefined));
  fc.assert(fc.property(fc.base64String(), (text) => proofs.read(`hcl1.${text}.${text}`) === undefined));
});

test('PERSON10: a resume key is no proof, nor does the secret of resume keys sign one', () => {
  const key = makeResumeKey(secret, { app: claim.app, channel: 'c', uid: 1, connectionId: 'x' });
  expect(proofs.read(key)).toBeUndefined();
  expect(proofs.read(key.replace('hc1', 'hcl1'))).toBeUndefined();
  expect(verifyResumeKey(secret, proof)).toBeUndefined();
  expect(verifyResumeKey(secret, proof.replace('hcl1', 'hc1'))).toBeUndefined();
  const signed = proof.slice(0, proof.lastIndexOf('.'));
  const mac = createHmac('sha256', secret).update(signed).digest('base64url');
  expect(proofs.read(`${signed}.${mac}`)).toBeUndefined();
});

test('PERSON8: each attachment of each connection has a nonce of its own, and another after each proof', () => {
  const nonces = [
    ['a', 1, 0],
    ['a', 1, 1],
    ['a', 2, 0],
    ['b', 1, 0],
    ['a', 11, 0],
    ['a', 1, 10],
  ].map(([connectionId, attachment, taken]) =>
    proofs.nonceOf({ connectionId: String(connectionId), attachment: Number(attachment) }, Number(taken)),
  );
  expect(new Set(nonces).size).toBe(nonces.length);
  for (const nonce of nonces) expect(nonce).toMatch(/^[\w-]{24}$/);
  expect(proofs.nonceOf({ connectionId: 'a', attachment: 1 })).toBe(nonces[0] ?? '');
});
