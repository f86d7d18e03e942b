/**
 * The ICE agent in front of one session after an ICE restart. The native library cannot take new credentials, so its
 * transport stays as it is, with its DTLS, and this stands between: towards the client it is the server with the new
 * credentials, towards the library it is the client with the old ones, at a better address. It opens no socket.
 */

import { randomBytes } from 'node:crypto';
import { mediaLimits } from '../../limits.ts';
import { type Address, integrityHolds, isStun, readStun, type StunMessage, writeStun } from './stun.ts';

export interface Credentials {
  readonly ufrag: string;
  readonly password: string;
}

export interface IceFrontOptions {
  /** Begins its ufrags and transactions, so that whoever holds the sockets knows whom a message is for. 32 bits. */
  readonly id: number;
  /** The library's end: its credentials, and those it knows the client by. */
  readonly library: { readonly own: Credentials; readonly client: Credentials; readonly address: Address };
  readonly toLibrary: (packet: Buffer) => void;
  readonly toClient: (packet: Buffer, to: Address) => void;
  /** Packets from this address are the client's from now on; and are not any more. */
  readonly claim: (address: Address) => void;
  readonly release: (address: Address) => void;
  readonly nowMs: number;
}

/** The credentials that one ICE restart agreed on. The highest order is the newest. */
interface Generation {
  readonly order: number;
  readonly own: Credentials;
  readonly client: Credentials;
  endsMs: number;
}

/** An address that the client sent a check from. */
interface Path {
  readonly address: Address;
  generation: Generation;
  /** When a check of ours was last answered from there: until then anybody's address might have been forged. */
  provedMs: number;
  heardMs: number;
  nominated: boolean;
  priority: number;
  check: Buffer | undefined;
  checkMs: number;
}

const never = Number.NEGATIVE_INFINITY;
/** Higher than any candidate may have (RFC 8445 section 5.1.2: type preferences end at 126). */
const bestPriority = 0x7fffffff;
/** The priority that checks to the client carry: that of a host candidate. */
const hostPriority = 0x7e_ff_ff_ff;

/** The id that a ufrag or, as four bytes, a transaction of a front begins with. */
export const frontOfUfrag = (ufrag: string): number =>
  Number.parseInt(/^([0-9a-z]{1,7})\+/.exec(ufrag)?.[1] ?? '', 36);
export const frontOfTransaction = (transaction: Buffer): number => transaction.readUInt32BE(0);

export class IceFront {
  readonly #options: IceFrontOptions;
  readonly #tieBreaker = randomBytes(8);
  readonly #paths = new Map<string, Path>();
  #generations: Generation[] = [];
  #selected: Path | undefined;
  #library: 'checking' | 'proved' | 'nominated' | 'refused' = 'checking';
  /** The library's own check was answered. */
  #libraryChecked = false;
  #libraryCheck: Buffer | undefined;
  #libraryCheckMs = never;
  readonly #openedMs: number;

  constructor(options: IceFrontOptions) {
    this.#options = options;
    this.#openedMs = options.nowMs;
    this.#checkLibrary(options.nowMs);
  }

  /** `proved`: the library would take this way. `nominated`: it does. `refused`: it will not. */
  get library(): 'checking' | 'proved' | 'nominated' | 'refused' {
    return this.#library;
  }

  /**
   * Time since the client last answered a check, at any of its addresses, milliseconds; undefined until it has come this
   * way.
   */
  consentAgeMs(nowMs: number): number | undefined {
    if (this.#selected === undefined) return undefined;
    let provedMs = this.#selected.provedMs;
    for (const path of this.#paths.values()) provedMs = Math.max(provedMs, path.provedMs);
    return nowMs - provedMs;
  }

  /** Nobody came, and the library's check is getting too old to be relied on. */
  expired(nowMs: number, afterMs: number): boolean {
    return this.#selected === undefined && nowMs - this.#openedMs >= afterMs;
  }

  /** Takes the client's new credentials, and gives ours. What was agreed before ends after a short overlap. */
  restart(client: Credentials, nowMs: number): Credentials {
    const own = {
      ufrag: `${this.#options.id.toString(36)}+${randomBytes(9).toString('base64')}`,
      password: randomBytes(18).toString('base64'),
    };
    const order = (this.#generations.at(-1)?.order ?? 0) + 1;
    for (const generation of this.#generations)
      if (generation !== this.#selected?.generation) this.#end(generation, nowMs);
    this.#generations.push({ order, own, client, endsMs: Number.POSITIVE_INFINITY });
    // Rarely used, and then by one who restarts faster than the overlap.
    while (this.#generations.length > mediaLimits.frontGenerationsMax) {
      const oldest = this.#generations.findIndex((generation) => generation !== this.#selected?.generation);
      this.#generations.splice(oldest, 1);
    }
    return own;
  }

  /** A packet that is not STUN. */
  dataFromClient(packet: Buffer, from: Address, nowMs: number): void {
    const path = this.#paths.get(keyOf(from));
    if (path === undefined || !proved(path, nowMs)) return;
    path.heardMs = nowMs;
    this.#options.toLibrary(packet);
  }

  /** `message`: what the packet says. */
  stunFromClient(packet: Buffer, message: StunMessage, from: Address, nowMs: number): void {
    const path = this.#paths.get(keyOf(from));
    if (message.type === 'request') this.#answerClient(packet, message, from, nowMs);
    else if (message.type === 'success' && path?.check?.equals(message.transaction)) {
      if (!integrityHolds(packet, message, path.generation.client.password)) return;
      path.check = undefined;
      path.provedMs = nowMs;
      path.heardMs = nowMs;
      this.#options.claim(path.address);
      this.#select(nowMs);
    }
  }

  fromLibrary(packet: Buffer, nowMs: number): void {
    const selected = this.#selected;
    if (!isStun(packet)) {
      if (selected !== undefined && proved(selected, nowMs)) this.#options.toClient(packet, selected.address);
      return;
    }
    const message = readStun(packet);
    const { own, client, address } = this.#options.library;
    if (message?.type === 'request') {
      // A client that is not there any more does not consent: the library is to notice.
      if (selected !== undefined && !proved(selected, nowMs)) return;
      if (message.username !== `${client.ufrag}:${own.ufrag}`) return;
      if (!integrityHolds(packet, message, client.password)) return;
      this.#options.toLibrary(
        writeStun('success', message.transaction, { mapped: address }, client.password),
      );
      this.#libraryChecked = true;
      if (this.#library === 'checking') this.#checkLibrary(nowMs);
    } else if (message !== undefined && this.#libraryCheck?.equals(message.transaction)) {
      if (!integrityHolds(packet, message, own.password)) return;
      this.#libraryCheck = undefined;
      if (message.type === 'error') this.#library = 'refused';
      else if (this.#library === 'proved' && selected !== undefined) this.#library = 'nominated';
      else if (this.#library === 'checking' && this.#libraryChecked) this.#library = 'proved';
    }
  }

  /** Repeats checks of the library, and forgets what ended. Call every few tens of milliseconds. */
  tick(nowMs: number): void {
    const waits =
      this.#library === 'checking' || (this.#library === 'proved' && this.#selected !== undefined);
    if (waits && nowMs - this.#libraryCheckMs >= mediaLimits.frontCheckMs) this.#checkLibrary(nowMs);
    this.#generations = this.#generations.filter((generation) => nowMs < generation.endsMs);
    for (const [key, path] of this.#paths) {
      const known = this.#generations.includes(path.generation);
      const used = path.provedMs === never ? path.heardMs : path.provedMs;
      // The selected one stays, unproved as it may be: it says that the client was here.
      if (path === this.#selected || (known && nowMs - used < mediaLimits.iceConsentMs)) continue;
      this.#paths.delete(key);
      this.#options.release(path.address);
    }
  }

  close(): void {
    for (const path of this.#paths.values()) this.#options.release(path.address);
    this.#paths.clear();
    this.#generations = [];
    this.#selected = undefined;
  }

  #answerClient(packet: Buffer, message: StunMessage, from: Address, nowMs: number): void {
    const { username, transaction } = message;
    const generation = this.#generations.find(
      ({ own, client }) => username === `${own.ufrag}:${client.ufrag}`,
    );
    if (generation === undefined || !integrityHolds(packet, message, generation.own.password)) return;
    const answer = (type: 'success' | 'error', fields: Parameters<typeof writeStun>[2]) =>
      this.#options.toClient(writeStun(type, transaction, fields, generation.own.password), from);
    if (message.unknown.length > 0) {
      // As many as the request holds, and so no longer than it.
      answer('error', { errorCode: 420, unknown: message.unknown });
      return;
    }
    // The client made the offers, so the client controls.
    if (message.role === 'controlled') {
      answer('error', { errorCode: 487 });
      return;
    }
    const path = this.#path(from, generation, nowMs);
    if (path === undefined) return;
    answer('success', { mapped: from });
    path.heardMs = nowMs;
    // A request of an older restart keeps the way open, and changes nothing.
    if (generation.order < path.generation.order) return;
    path.generation = generation;
    path.priority = message.priority ?? 0;
    path.nominated = message.useCandidate;
    const checkEveryMs = proved(path, nowMs) ? mediaLimits.frontConsentCheckMs : mediaLimits.frontCheckMs;
    if (nowMs - path.checkMs >= checkEveryMs) this.#checkClient(path, nowMs);
    this.#select(nowMs);
  }

  /** The path of an address, made if there is room. */
  #path(address: Address, generation: Generation, nowMs: number): Path | undefined {
    const key = keyOf(address);
    const found = this.#paths.get(key);
    if (found !== undefined) return found;
    if (this.#paths.size >= mediaLimits.frontPathsMax) return undefined;
    const path: Path = {
      address,
      generation,
      provedMs: never,
      heardMs: nowMs,
      nominated: false,
      priority: 0,
      check: undefined,
      checkMs: never,
    };
    this.#paths.set(key, path);
    return path;
  }

  #checkClient(path: Path, nowMs: number): void {
    const { own, client } = path.generation;
    const transaction = this.#transaction();
    path.check = transaction;
    path.checkMs = nowMs;
    const username = `${client.ufrag}:${own.ufrag}`;
    const fields = { username, priority: hostPriority, controlled: this.#tieBreaker };
    this.#options.toClient(writeStun('request', transaction, fields, client.password), path.address);
  }

  /** Sends to the address that the client chose; with several, to the best of the newest restart. */
  #select(nowMs: number): void {
    let best: Path | undefined;
    for (const path of this.#paths.values()) {
      if (!path.nominated || !proved(path, nowMs)) continue;
      if (best === undefined || better(path, best, nowMs)) best = path;
    }
    if (best === undefined) return;
    this.#selected = best;
    for (const generation of this.#generations)
      if (generation.order < best.generation.order) this.#end(generation, nowMs);
    if (this.#library === 'proved' && this.#libraryCheck === undefined) this.#checkLibrary(nowMs);
  }

  #checkLibrary(nowMs: number): void {
    const { own, client } = this.#options.library;
    this.#libraryCheckMs = nowMs;
    this.#libraryCheck = this.#transaction();
    const fields = {
      username: `${own.ufrag}:${client.ufrag}`,
      priority: bestPriority,
      // Nominated once the client is here: until then the old way is the better one.
      useCandidate: this.#library === 'proved' && this.#selected !== undefined,
      controlling: this.#tieBreaker,
    };
    this.#options.toLibrary(writeStun('request', this.#libraryCheck, fields, own.password));
  }

  #end(generation: Generation, nowMs: number): void {
    generation.endsMs = Math.min(generation.endsMs, nowMs + mediaLimits.frontOverlapMs);
  }

  #transaction(): Buffer {
    const transaction = randomBytes(12);
    transaction.writeUInt32BE(this.#options.id, 0);
    return transaction;
  }
}

/** Equal for equal addresses. */
export const keyOf = ({ address, port }: Address): string => `${address} ${port}`;

const proved = (path: Path, nowMs: number): boolean => nowMs - path.provedMs < mediaLimits.iceConsentMs;

function better(path: Path, than: Path, nowMs: number): boolean {
  if (path.generation !== than.generation) return path.generation.order > than.generation.order;
  const lively = (of: Path) => nowMs - of.heardMs < mediaLimits.frontQuietMs;
  if (lively(path) !== lively(than)) return lively(path);
  return path.priority > than.priority;
}
