import type { Endpoint } from './endpoint.ts';
import type { NoticeHeaders } from './signed-headers.ts';
import { type SigningKey, signingKey } from './signing-key.ts';

/** The input of one attempt's signatures. */
export interface Signed {
  readonly id: string;
  readonly body: string;
  /** When the attempt is made, epoch milliseconds. */
  readonly atMs: number;
}

/**
 * Makes the signatures of an endpoint's attempts; undefined if every secret has ended, and then nothing may be sent.
 *
 * - `Housecount-Signature: t=<ms>,v1=<hex>`, one `v1` per active secret, oldest first: HMAC-SHA256 of `<t>.<body>`.
 * - `agora`: `Agora-Signature` and `-V2` by the oldest active secret, so that a receiver that knows only the old one goes on.
 * - `standard`: `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature` with one entry per active secret.
 */
export function endpointSigner(
  endpoint: Pick<Endpoint, 'secrets' | 'format'>,
): (signed: Signed) => NoticeHeaders | undefined {
  const keys = endpoint.secrets.map(({ secret, endsMs }) => ({
    key: signingKey(secret, endpoint.format),
    endsMs: endsMs ?? Number.POSITIVE_INFINITY,
  }));
  return (signed) => {
    const active = keys.filter(({ endsMs }) => signed.atMs < endsMs).map(({ key }) => key);
    const [oldest] = active;
    if (!oldest) return undefined;
    const own = endpoint.format === 'agora' ? agora(oldest, signed) : standard(active, signed);
    return { 'Content-Type': 'application/json', ...own, ...housecount(active, signed) };
  };
}

function agora({ text }: SigningKey, { body }: Signed): NoticeHeaders {
  if (!text) return {};
  return { 'Agora-Signature': text('sha1', body), 'Agora-Signature-V2': text('sha256', body) };
}

function standard(active: readonly SigningKey[], { id, body, atMs }: Signed): NoticeHeaders {
  const seconds = Math.floor(atMs / 1000);
  const content = `${id}.${seconds}.${body}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': active.map((key) => key.standard(content)).join(' '),
  };
}

function housecount(active: readonly SigningKey[], { body, atMs }: Signed): NoticeHeaders {
  const entries = active.flatMap(({ text }) => (text ? [`v1=${text('sha256', `${atMs}.${body}`)}`] : []));
  return entries.length > 0 ? { 'Housecount-Signature': [`t=${atMs}`, ...entries].join(',') } : {};
}
