import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** Time for which a proof is good, milliseconds. Chosen: it is handed over at once, and a page that slept has another asked for. */
export const linkProofMs = 60_000;

/** The claim that a proof makes: the member on the connection of the nonce is this user. */
export interface LinkClaim {
  readonly app: string;
  readonly userId: string;
  /** Id of the signaling session that it was issued to. */
  readonly session: string;
  readonly nonce: string;
  /** In the log's time, epoch milliseconds. */
  readonly endsMs: number;
}

const prefix = 'hcl1';

/**
 * Makes and reads the proofs by which a page links its member of a live channel to its signaling user: `hcl1.<claim>.<mac>`, the claim
 * as base64url JSON `[app, userId, session, nonce, endsMs]`, the mac HMAC-SHA256 over what is before it. The key is made of the
 * server's secret for this purpose alone, so that no proof is a resume key or the other way round. Nothing is kept.
 */
export class LinkProofs {
  readonly #key: Uint8Array;
  /** Always as long, before what is hashed with it. */
  readonly #nonceKey: string;

  constructor(secret: Uint8Array) {
    this.#key = createHmac('sha256', secret).update('links of members to signaling users').digest();
    this.#nonceKey = this.#mac('nonces of attachments').toString('base64url');
  }

  /**
   * The nonce of an attachment, 144 bits: another one for each, and after each of the `taken` proofs that it has taken. Every welcome has
   * one: it is not to be guessed, and signs nothing, so one keyed hash makes it, which costs half of an HMAC.
   */
  nonceOf(
    { connectionId, attachment }: { readonly connectionId: string; readonly attachment: number },
    taken = 0,
  ): string {
    const text = `${this.#nonceKey}.${connectionId}.${attachment}.${taken}`;
    return hash('sha256', text, 'base64url').slice(0, 24);
  }

  /** The proof that a session is issued at `nowMs`, the log's time. */
  issue({ app, userId, session, nonce }: Omit<LinkClaim, 'endsMs'>, nowMs: number): string {
    const claim = JSON.stringify([app, userId, session, nonce, nowMs + linkProofMs]);
    const signed = `${prefix}.${Buffer.from(claim).toString('base64url')}`;
    return `${signed}.${this.#mac(signed).toString('base64url')}`;
  }

  /** The claim of a proof that this server issued, however long ago; undefined of any other text. */
  read(proof: string): LinkClaim | undefined {
    const [version, payload, mac, ...more] = proof.split('.');
    if (version !== prefix || !payload || !mac || more.length > 0) return undefined;
    const given = Buffer.from(mac, 'base64url');
    const expected = this.#mac(`${prefix}.${payload}`);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const [app, userId, session, nonce, endsMs] = JSON.parse(
      Buffer.from(payload, 'base64url').toString(),
    ) as unknown[];
    // Signed by us; checked all the same, because another version of the server may have put in something else.
    if (![app, userId, session, nonce].every((part) => typeof part === 'string')) return undefined;
    if (typeof endsMs !== 'number') return undefined;
    return { app, userId, session, nonce, endsMs } as LinkClaim;
  }

  #mac(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
