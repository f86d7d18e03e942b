import { createHmac } from 'node:crypto';

/** Characters of a key: 5 bits each, so 260 bits. */
export const accountKeyChars = 52;

/** Names whose uid is remembered, of all apps, so that a user who publishes often costs one hash. Chosen: about 2 MB. */
const rememberedMax = 16_384;

/**
 * The uid that an account has by its name: a keyed hash, so that nobody outside can find a name that has a given uid. The key is made
 * once for each data folder, recorded with the first account that joins, and part of every snapshot.
 */
export class AccountUids {
  readonly #newKey: () => string;
  readonly #remembered = new Map<string, number>();
  #key: string | undefined;
  #isKept = false;

  /** `newKey` is called once, when a key is needed and none was kept. */
  constructor(newKey: () => string) {
    this.#newKey = newKey;
  }

  get key(): string {
    this.#key ??= this.#newKey();
    return this.#key;
  }

  /** True when the key is recorded. If not, it is to be, together with the first account that joins. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** This key is recorded. */
  keep(key: string): void {
    if (key !== this.#key) this.#remembered.clear();
    this.#key = key;
    this.#isKept = true;
  }

  /**
   * The `attempt`th choice of an account, from 0: first the uid that it spells, so that a user is the same whether a link names them
   * by number or by account; the others are of the keyed hash. Never 0.
   */
  choice(app: string, account: string, attempt: number): number {
    if (attempt > 0) return this.#hash(app, account, attempt);
    const spelled = spelledUid(account);
    if (spelled !== undefined) return spelled;
    const name = `${app}/${account}`;
    const known = this.#remembered.get(name);
    if (known !== undefined) return known;
    const uid = this.#hash(app, account, 0);
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.set(name, uid);
    return uid;
  }

  #hash(app: string, account: string, attempt: number): number {
    const digest = createHmac('sha256', this.key).update(`${attempt}/${app}/${account}`).digest();
    return nonZero(digest.readUInt32BE(0));
  }
}

/** The uid that a text spells: 1 to 4294967295, without leading zeros. */
export function spelledUid(text: string): number | undefined {
  if (!/^[1-9]\d{0,9}$/.test(text)) return undefined;
  const uid = Number(text);
  return uid <= 0xffffffff ? uid : undefined;
}

/** The uid after this one, skipping 0. */
export const nextUid = (uid: number): number => nonZero((uid + 1) >>> 0);

const nonZero = (uid: number): number => (uid === 0 ? 1 : uid);
