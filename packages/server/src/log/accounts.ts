/** Which uid each string account has, for ever (spec: notifications section 7, String account). */
export class Accounts {
  readonly #base: Accounts | undefined;
  readonly #apps = new Map<string, { readonly uids: Map<string, number>; readonly taken: Set<number> }>();

  /** With a base: a draft that reads through to it until `commit`. */
  constructor(base?: Accounts) {
    this.#base = base;
  }

  uidOf(app: string, account: string): number | undefined {
    return this.#apps.get(app)?.uids.get(account) ?? this.#base?.uidOf(app, account);
  }

  /** Is the uid some account's? */
  isTaken(app: string, uid: number): boolean {
    return (this.#apps.get(app)?.taken.has(uid) ?? false) || (this.#base?.isTaken(app, uid) ?? false);
  }

  count(app: string): number {
    return (this.#apps.get(app)?.uids.size ?? 0) + (this.#base?.count(app) ?? 0);
  }

  map(app: string, account: string, uid: number): void {
    let entry = this.#apps.get(app);
    if (!entry) {
      entry = { uids: new Map(), taken: new Set() };
      this.#apps.set(app, entry);
    }
    entry.uids.set(account, uid);
    entry.taken.add(uid);
  }

  commit(): void {
    for (const { app, account, uid } of this.all()) this.#base?.map(app, account, uid);
    this.#apps.clear();
  }

  *all(): Iterable<{ app: string; account: string; uid: number }> {
    for (const [app, { uids }] of this.#apps) for (const [account, uid] of uids) yield { app, account, uid };
  }
}

/**
 * The uid that an account would like to have: the one that it spells, so that a user is the same whether a link names them by
 * number or by account; else a 32-bit FNV-1a hash, finished by a mixer so that near accounts land far apart. The caller
 * probes upward from it past taken ones. Never 0.
 */
export function preferredUid(account: string): number {
  const spelled = spelledUid(account);
  if (spelled !== undefined) return spelled;
  let hash = 0x811c9dc5;
  for (let index = 0; index < account.length; index++) {
    hash ^= account.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return nonZero((hash ^ (hash >>> 16)) >>> 0);
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
