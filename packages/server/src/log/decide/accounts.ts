import { type AppLogLimitsOf, defaultAppLogLimits } from '../log-limits.ts';

interface Kept {
  readonly uid: number;
  /** When the account last joined, epoch milliseconds. */
  readonly usedMs: number;
}

interface AppAccounts {
  /** The one unused for longest comes first. */
  readonly kept: Map<string, Kept>;
  readonly owners: Map<number, string>;
}

/** An account that has another uid than that of its name. */
export interface KeptAccount {
  readonly app: string;
  readonly account: string;
  readonly uid: number;
  readonly usedMs: number;
}

/**
 * Accounts whose uid is not that of their name (account-uids.ts): they had to give way to a uid in use, or are from a data folder of
 * before names had one. Those that nobody used for `keepMs` do not count any more, whether they are still in memory or not, so that
 * folding the log again comes to the same.
 */
export class Accounts {
  readonly #keepMs: number;
  readonly #limitsOf: AppLogLimitsOf;
  readonly #base: Accounts | undefined;
  readonly #apps = new Map<string, AppAccounts>();

  /** Makes the accounts; with a base, a draft that reads through to it until `commit`. */
  constructor(options: {
    readonly keepMs: number;
    readonly limitsOf?: AppLogLimitsOf;
    readonly base?: Accounts;
  }) {
    this.#keepMs = options.keepMs;
    this.#limitsOf = options.limitsOf ?? defaultAppLogLimits;
    this.#base = options.base;
  }

  draft(): Accounts {
    return new Accounts({ keepMs: this.#keepMs, base: this });
  }

  uidOf(app: string, account: string, nowMs: number): number | undefined {
    const kept = this.#find(app, account);
    return kept && this.#counts(kept, nowMs) ? kept.uid : undefined;
  }

  /** The account that has this uid kept. */
  ownerOf(app: string, uid: number, nowMs: number): string | undefined {
    const owner = this.#owner(app, uid);
    return owner !== undefined && this.uidOf(app, owner, nowMs) === uid ? owner : undefined;
  }

  /** The account has this uid from now on. */
  map(app: string, account: string, uid: number, usedMs: number): void {
    let entry = this.#apps.get(app);
    if (!entry) {
      entry = { kept: new Map(), owners: new Map() };
      this.#apps.set(app, entry);
    }
    forget(entry, account);
    entry.kept.set(account, { uid, usedMs });
    entry.owners.set(uid, account);
    if (!this.#base) this.#makeRoom(entry, usedMs, this.#limitsOf(app).appAccountsMax);
  }

  /** The account joined with this uid. With another than the one that is kept, it has the uid of its name again. */
  used(app: string, account: string, uid: number, atMs: number): void {
    const kept = this.#find(app, account);
    if (!kept) return;
    if (kept.uid === uid) this.map(app, account, uid, atMs);
    else if (this.#base) this.map(app, account, uid, Number.NEGATIVE_INFINITY);
    else this.#forget(app, account);
  }

  commit(): void {
    const base = this.#base;
    if (!base) return;
    for (const [app, { kept }] of this.#apps)
      for (const [account, { uid, usedMs }] of kept) {
        if (usedMs === Number.NEGATIVE_INFINITY) base.#forget(app, account);
        else base.map(app, account, uid, usedMs);
      }
    this.#apps.clear();
  }

  /** The number of accounts of each app. */
  *counts(): Iterable<readonly [app: string, count: number]> {
    for (const [app, { kept }] of this.#apps) yield [app, kept.size];
  }

  /** The accounts that still count, of each app the one unused for longest first. */
  *all(nowMs: number): Iterable<KeptAccount> {
    for (const [app, { kept }] of this.#apps)
      for (const [account, one] of kept) if (this.#counts(one, nowMs)) yield { app, account, ...one };
  }

  #find(app: string, account: string): Kept | undefined {
    const kept = this.#apps.get(app)?.kept.get(account);
    return kept || !this.#base ? kept : this.#base.#find(app, account);
  }

  #owner(app: string, uid: number): string | undefined {
    const owner = this.#apps.get(app)?.owners.get(uid);
    return owner !== undefined || !this.#base ? owner : this.#base.#owner(app, uid);
  }

  #counts({ usedMs }: Kept, nowMs: number): boolean {
    return usedMs + this.#keepMs > nowMs;
  }

  #forget(app: string, account: string): void {
    const entry = this.#apps.get(app);
    if (entry) forget(entry, account);
    if (entry?.kept.size === 0) this.#apps.delete(app);
  }

  /** Each one that comes lets go of up to two that do not count any more, or for which there is no room. */
  #makeRoom(entry: AppAccounts, nowMs: number, accountsMax: number): void {
    for (let gone = 0; gone < 2; gone++) {
      const [oldest] = entry.kept;
      if (!oldest) return;
      const [account, kept] = oldest;
      if (this.#counts(kept, nowMs) && entry.kept.size <= accountsMax) return;
      forget(entry, account);
    }
  }
}

function forget({ kept, owners }: AppAccounts, account: string): void {
  const before = kept.get(account);
  if (!before) return;
  kept.delete(account);
  if (owners.get(before.uid) === account) owners.delete(before.uid);
}
