import { expect, test } from 'bun:test';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { endpointSigner } from './endpoint-signer.ts';

const hex = (algorithm: string, secret: string | Buffer, text: string) =>
  createHmac(algorithm, secret).update(text).digest('hex');
const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}', atMs: 1_614_265_330_789 };

test('HOOK60: in the agora format the oldest secret that has not ended signs, and every active one is in the list', () => {
  const sign = endpointSigner({
    format: 'agora',
    secrets: [{ secret: 'old', endsMs: 1_000 }, { secret: 'new' }],
  });
  const body = '{"a":"ü"}';
  expect(sign({ id: 'n', body, atMs: 999 })).toEqual({
    'Content-Type': 'application/json',
    'Agora-Signature': hex('sha1', 'old', body),
    'Agora-Signature-V2': hex('sha256', 'old', body),
    'Housecount-Signature': `t=999,v1=${hex('sha256', 'old', `999.${body}`)},v1=${hex('sha256', 'new', `999.${body}`)}`,
  });
  expect(sign({ id: 'n', body, atMs: 1_000 })).toEqual({
    'Content-Type': 'application/json',
    'Agora-Signature': hex('sha1', 'new', body),
    'Agora-Signature-V2': hex('sha256', 'new', body),
    'Housecount-Signature': `t=1000,v1=${hex('sha256', 'new', `1000.${body}`)}`,
  });
});

test('HOOK60: when every secret has ended there is no signature', () => {
  const sign = endpointSigner({ format: 'agora', secrets: [{ secret: 'old', endsMs: 1_000 }] });
  expect(sign({ id: 'n', body: '', atMs: 1_000 })).toBeUndefined();
});

test('HOOK61: 100,000 signed deliveries through a rotation, and a receiver that changes over refuses none', () => {
  const count = 100_000;
  const rotatesMs = 30_000;
  const endsMs = 70_000;
  const before = endpointSigner({ format: 'agora', secrets: [{ secret: 'old' }] });
  const during = endpointSigner({
    format: 'agora',
    secrets: [{ secret: 'old', endsMs }, { secret: 'new' }],
  });
  const fits = (secret: string, body: string, v2: string | undefined) => hex('sha256', secret, body) === v2;
  let refused = 0;
  const by = { old: 0, new: 0 };
  for (let atMs = 0; atMs < count; atMs++) {
    const body = `{"n":${atMs}}`;
    const v2 = (atMs < rotatesMs ? before : during)({ id: 'n', body, atMs })?.['Agora-Signature-V2'];
    // The receiver learns the new secret after the sender has it, and forgets the old one when it has ended.
    const accepts = atMs < 50_000 ? ['old'] : atMs < endsMs ? ['old', 'new'] : ['new'];
    const secret = accepts.find((one) => fits(one, body, v2));
    if (secret === undefined) refused += 1;
    else by[secret === 'old' ? 'old' : 'new'] += 1;
  }
  expect({ refused, by }).toEqual({ refused: 0, by: { old: endsMs, new: count - endsMs } });
});

test("HOOK70: Standard Webhooks' own vector, with whsec_ and seconds", () => {
  const sign = endpointSigner({
    format: 'standard',
    secrets: [{ secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }],
  });
  expect(sign(signed)).toMatchObject({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('HOOK70: every active secret signs, plain ones as their characters, whsk_ ones with Ed25519', () => {
  // RFC 8032, test 1.
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  const publicKey = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
  const content = `${signed.id}.1614265330.${signed.body}`;
  for (const bytes of [seed, Buffer.concat([seed, publicKey])]) {
    const sign = endpointSigner({
      format: 'standard',
      secrets: [{ secret: 'plain', endsMs: 1e15 }, { secret: `whsk_${bytes.toString('base64')}` }],
    });
    const headers = sign(signed);
    const [plain, ed25519 = ''] = (headers?.['webhook-signature'] ?? '').split(' ');
    expect(plain).toBe(`v1,${createHmac('sha256', 'plain').update(content).digest('base64')}`);
    const [version, signature = ''] = ed25519.split(',');
    const key = createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]),
      format: 'der',
      type: 'spki',
    });
    expect(version).toBe('v1a');
    expect(verify(null, Buffer.from(content), key, Buffer.from(signature, 'base64'))).toBe(true);
    // A private key is no text that both sides know.
    expect(headers?.['Housecount-Signature']?.match(/v1=/g)).toHaveLength(1);
  }
});
