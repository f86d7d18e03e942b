import { createHmac, createSecretKey } from 'node:crypto';

export type NoticeHeaders = Readonly<Record<string, string>>;

/** Makes the headers of one attempt from its exact body: both signatures, lower-case hex (spec: notifications section 6). */
export function headerSigner(secret: string): (body: string) => NoticeHeaders {
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  return (body) => ({
    'Content-Type': 'application/json',
    'Agora-Signature': createHmac('sha1', key).update(body, 'utf8').digest('hex'),
    'Agora-Signature-V2': createHmac('sha256', key).update(body, 'utf8').digest('hex'),
  });
}
