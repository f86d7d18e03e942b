import { expect, test } from 'bun:test';
import vectors from '@housecount/protocol/fixtures/notice-signatures.json' with { type: 'json' };
import { headerSigner } from './signed-headers.ts';

test.each(vectors.map((vector) => [vector.name, vector] as const))(
  'HOOK2: %s',
  (_name, { secret, body, sha1, sha256 }) => {
    expect(headerSigner(secret)(body)).toEqual({
      'Content-Type': 'application/json',
      'Agora-Signature': sha1,
      'Agora-Signature-V2': sha256,
    });
  },
);
