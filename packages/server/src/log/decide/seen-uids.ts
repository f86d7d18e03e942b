import { type AppLogLimitsOf, defaultAppLogLimits } from '../log-limits.ts';

/** Parts of the memory of an app: the oldest is let go whole. */
const parts = 8;
/** Pairs of one line of a snapshot: about 90 kB. */
const linePairsMax = 8_192;

/**
 * The holder of a uid, as one number: 0 for a member who came by the number itself or by an account that spells it; else a hash of the account, never
 * 0. The hash is not keyed: two accounts whose hash is the same share a uid only if their keyed uids are the same as well.
 */
export function holderOf(uid: number, account: string | undefined): number {
  if (account === undefined || account === String(uid)) return 0;
  let hash = 0x811c9dc5;
  for (let index = 0; index < account.length; index++) {
    hash ^= account.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0 || 1;
}

/** A line of a snapshot: uids and their holders in turn, 4 bytes each, little-endian, in base64. */
export interface SeenLine {
  readonly app: string;
  readonly sinceMs: number;
  readonly pairs: string;
}

/**
 * The uids that were seen in each app, and who had them: at least the last 7/8 of `appSeenUidsMax` different ones, none for longer than
 * 8/7 of `keepMs` while others come. So an account is not given the uid of somebody who is away. About 16 bytes a uid at most.
 */
export class SeenUids {
  readonly #keepMs: number;
  /** After so long a part is followed by the next: all but the newest are then as long as is to be remembered. */
  readonly #partMs: number;
  readonly #limitsOf: AppLogLimitsOf;
  readonly #base: SeenUids | undefined;
  /** The parts of each app, newest first. */
  readonly #apps = new Map<string, Part[]>();
  readonly #noted = new Map<string, Map<number, { readonly holder: number; readonly atMs: number }>>();

  /** Makes the seen uids; with a base, a draft that reads through to it until `commit`. */
  constructor(options: {
    readonly keepMs: number;
    readonly limitsOf?: AppLogLimitsOf;
    readonly base?: SeenUids;
  }) {
    this.#keepMs = options.keepMs;
    this.#limitsOf = options.limitsOf ?? defaultAppLogLimits;
    this.#partMs = options.keepMs / (parts - 1);
    this.#base = options.base;
  }

  draft(): SeenUids {
    return new SeenUids({ keepMs: this.#keepMs, base: this });
  }

  /** Finds who had the uid last; undefined if it was not seen for long. */
  holder(app: string, uid: number): number | undefined {
    if (this.#base) return this.#noted.get(app)?.get(uid)?.holder ?? this.#base.holder(app, uid);
    for (const part of this.#apps.get(app) ?? []) {
      const holder = part.get(uid);
      if (holder !== undefined) return holder;
    }
    return undefined;
  }

  note(app: string, uid: number, holder: number, atMs: number): void {
    if (this.#base) {
      const noted = this.#noted.get(app) ?? new Map();
      this.#noted.set(app, noted.set(uid, { holder, atMs }));
    } else this.#newest(app, atMs).set(uid, holder);
  }

  commit(): void {
    for (const [app, noted] of this.#noted)
      for (const [uid, { holder, atMs }] of noted) this.#base?.note(app, uid, holder, atMs);
    this.#noted.clear();
  }

  /** The memory as it is now, the oldest first, whatever happens while the lines are drawn. */
  lines(): Iterable<SeenLine> {
    const copies: { app: string; part: Part }[] = [];
    // Only the newest part of an app is ever changed.
    for (const [app, [newest, ...older]] of this.#apps)
      for (const part of [newest?.copy(), ...older].reverse()) if (part) copies.push({ app, part });
    return drawn(copies);
  }

  restore({ app, sinceMs, pairs: text }: SeenLine): void {
    const bytes = Buffer.from(text, 'base64');
    const all = this.#apps.get(app) ?? [];
    this.#apps.set(app, all);
    if (all[0]?.sinceMs !== sinceMs) all.unshift(new Part(sinceMs));
    for (let at = 0; at + 8 <= bytes.length; at += 8)
      all[0]?.set(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4));
  }

  /** The part that is being filled. A new one is begun when it is full or old, and those that are older than wanted are let go. */
  #newest(app: string, atMs: number): Part {
    const all = this.#apps.get(app) ?? [];
    if (all.length === 0) this.#apps.set(app, all);
    const newest = all[0];
    const partUidsMax = this.#limitsOf(app).appSeenUidsMax / parts;
    if (newest && newest.size < partUidsMax && atMs - newest.sinceMs < this.#partMs) return newest;
    // A time of its own, by which a snapshot tells one part from the next.
    const part = new Part(Math.max(atMs, (newest?.sinceMs ?? 0) + 1));
    all.unshift(part);
    while (all.length > parts || (all.length > 1 && (all.at(-2)?.sinceMs ?? atMs) < atMs - this.#keepMs))
      all.pop();
    return part;
  }
}

function* drawn(copies: readonly { app: string; part: Part }[]): Iterable<SeenLine> {
  for (const { app, part } of copies) {
    const { sinceMs } = part;
    let bytes = Buffer.alloc(linePairsMax * 8);
    let end = 0;
    for (const [uid, holder] of part) {
      bytes.writeUInt32LE(uid, end);
      bytes.writeUInt32LE(holder, end + 4);
      end += 8;
      if (end < bytes.length) continue;
      yield { app, sinceMs, pairs: bytes.toString('base64') };
      bytes = Buffer.alloc(linePairsMax * 8);
      end = 0;
    }
    if (end > 0) yield { app, sinceMs, pairs: bytes.subarray(0, end).toString('base64') };
  }
}

/** Uids and who had them: a hash table with open addressing over typed arrays, at most half full. */
class Part {
  readonly sinceMs: number;
  #uids = new Uint32Array(16);
  #holders = new Uint32Array(16);
  #size = 0;

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  get size(): number {
    return this.#size;
  }

  get(uid: number): number | undefined {
    const at = this.#placeOf(uid);
    return this.#uids[at] === uid ? this.#holders[at] : undefined;
  }

  set(uid: number, holder: number): void {
    const at = this.#placeOf(uid);
    this.#holders[at] = holder;
    if (this.#uids[at] === uid) return;
    this.#uids[at] = uid;
    this.#size++;
    if (this.#size * 2 > this.#uids.length) this.#grow();
  }

  /** The same, of now. */
  copy(): Part {
    const copy = new Part(this.sinceMs);
    copy.#uids = this.#uids.slice();
    copy.#holders = this.#holders.slice();
    copy.#size = this.#size;
    return copy;
  }

  *[Symbol.iterator](): IterableIterator<readonly [uid: number, holder: number]> {
    for (let at = 0; at < this.#uids.length; at++) {
      const uid = this.#uids[at] ?? 0;
      if (uid !== 0) yield [uid, this.#holders[at] ?? 0];
    }
  }

  #grow(): void {
    const uids = this.#uids;
    const holders = this.#holders;
    this.#uids = new Uint32Array(uids.length * 2);
    this.#holders = new Uint32Array(uids.length * 2);
    this.#size = 0;
    for (let at = 0; at < uids.length; at++) {
      const uid = uids[at] ?? 0;
      if (uid !== 0) this.set(uid, holders[at] ?? 0);
    }
  }

  /** The index of the uid, or the one at which it would be; no uid is 0, which marks an empty place. */
  #placeOf(uid: number): number {
    const mask = this.#uids.length - 1;
    let at = (Math.imul(uid, 0x9e3779b1) >>> 8) & mask;
    while (this.#uids[at] !== 0 && this.#uids[at] !== uid) at = (at + 1) & mask;
    return at;
  }
}
