/**
 * The ICE agent in front of one session. It answers for the library to clients that the library cannot have itself: who
 * comes over TCP, whose tie-breaker is zero, who has restarted ICE (the library cannot take new credentials), and publishers,
 * who are told by it that their session has ended. The library's transport stays as it is, with its DTLS, and this stands
 * between: towards the client it is the server, with the library's credentials or newer ones, towards the library it is the
 * client with those that it knows, at a better address. It opens no socket, and asks for a leg to the library only when a
 * client needs one.
 */

import { randomBytes } from 'node:crypto';
import { mediaLimits } from '../../limits.ts';
import { type Address, integrityHolds, isStun, readStun, type StunMessage, writeStun } from './stun.ts';

export interface Credentials {
  readonly ufrag: string;
  readonly password: string;
}

/** Where a packet came from, or goes. */
export interface Origin extends Address {
  /** Absent: UDP. */
  readonly over?: 'tcp';
}

export interface IceFrontOptions {
  /** Begins its ufrags and transactions, so that whoever holds the sockets knows whom a message is for. 32 bits. */
  readonly id: number;
  /** The library's end: its credentials, and those it knows the client by. */
  readonly library: { readonly own: Credentials; readonly client: Credentials; readonly address: Address };
  /** Every client of the library's own credentials comes this way, if it can; else only who needs to. */
  readonly isPreferred: boolean;
  /** The library has a way of its own to the client. */
  readonly libraryIsConnected: () => boolean;
  /** Asks for a leg to the library: `open` is called when it is there. */
  readonly wantLeg: () => void;
  readonly toLibrary: (packet: Buffer) => void;
  readonly toClient: (packet: Buffer, to: Origin) => void;
  /** Packets from this address are the client's from now on; and are not any more. */
  readonly claim: (address: Origin) => void;
  readonly release: (address: Origin) => void;
}

/** Credentials that both ends agreed on: the library's own (order 0), or those of an ICE restart. The highest order is the newest. */
interface Generation {
  readonly order: number;
  readonly own: Credentials;
  readonly client: Credentials;
  endsMs: number;
}

/** An address that the client sent a check from. */
interface Path {
  readonly address: Origin;
  generation: Generation;
  /** When a check of ours was last answered from there: until then anybody's address might have been forged. */
  provedMs: number;
  heardMs: number;
  nominated: boolean;
  /** When a row of checks that nominate it began, and when the last check came. */
  nominatedMs: number;
  checkedMs: number;
  /** The client was seen to have no better way. */
  meant: boolean;
  priority: number;
  check: Buffer | undefined;
  checkMs: number;
}

const never = Number.NEGATIVE_INFINITY;
/** Higher than any candidate may have (RFC 8445 section 5.1.2: type preferences end at 126). */
const bestPriority = 0x7fffffff;
/** The priority that checks to the client carry: that of a host candidate. */
const hostPriority = 0x7e_ff_ff_ff;

/** How the ufrags of a front begin, and the id that a ufrag or, as four bytes, a transaction of a front begins with. */
export const ufragOfFront = (id: number): string => `${id.toString(36)}+`;
export const frontOfUfrag = (ufrag: string): number =>
  Number.parseInt(/^([0-9a-z]{1,7})\+/.exec(ufrag)?.[1] ?? '', 36);
export const frontOfTransaction = (transaction: Buffer): number => transaction.readUInt32BE(0);

export class IceFront {
  readonly #options: IceFrontOptions;
  readonly #tieBreaker = randomBytes(8);
  readonly #paths = new Map<string, Path>();
  #generations: Generation[];
  #selected: Path | undefined;
  #library: 'away' | 'checking' | 'proved' | 'nominated' | 'refused' = 'away';
  /** What the library sent before the client's first choice, the newest. */
  #held: Buffer[] = [];
  #ended = false;
  /** The library's own check was answered. */
  #libraryChecked = false;
  #libraryCheck: Buffer | undefined;
  #libraryCheckMs = never;
  #openedMs = 0;

  constructor(options: IceFrontOptions) {
    this.#options = options;
    const { own, client } = options.library;
    this.#generations = [{ order: 0, own, client, endsMs: Number.POSITIVE_INFINITY }];
  }

  /** `away`: it is not asked. `proved`: the library would take this way. `nominated`: it does. `refused`: it will not. */
  get library(): 'away' | 'checking' | 'proved' | 'nominated' | 'refused' {
    return this.#library;
  }

  /** What the client comes over, if media takes this way. */
  get carries(): 'udp' | 'tcp' | undefined {
    if (this.#library !== 'nominated' || this.#selected === undefined) return undefined;
    return this.#selected.address.over ?? 'udp';
  }

  /** A restart has agreed on credentials that count. */
  get hasRestarted(): boolean {
    return this.#generations.some(({ order }) => order > 0);
  }

  /** Nothing is due: no client is here, and the library is not asked. */
  get isIdle(): boolean {
    return this.#library === 'away' && this.#paths.size === 0 && this.#generations.length <= 1;
  }

  /** A leg to the library is there: it is asked whether it would take this way. */
  open(nowMs: number): void {
    this.#library = 'checking';
    this.#libraryChecked = false;
    this.#openedMs = nowMs;
    this.#checkLibrary(nowMs);
  }

  /** The leg is gone, and with it what a restart agreed on that nobody came for. */
  leave(): void {
    this.#library = 'away';
    this.#libraryCheck = undefined;
    this.#held = [];
    if (this.#selected === undefined)
      this.#generations = this.#generations.filter(({ order }) => order === 0);
  }

  /**
   * Time since the client last answered a check, at any of its addresses, milliseconds; undefined until it has come this
   * way.
   */
  consentAgeMs(nowMs: number): number | undefined {
    if (this.#selected === undefined || this.#library !== 'nominated') return undefined;
    let provedMs = this.#selected.provedMs;
    for (const path of this.#paths.values()) provedMs = Math.max(provedMs, path.provedMs);
    return nowMs - provedMs;
  }

  /** Nobody came, and the library's check is getting too old to be relied on. */
  expired(nowMs: number, afterMs: number): boolean {
    return this.#library !== 'away' && this.#selected === undefined && nowMs - this.#openedMs >= afterMs;
  }

  /** Takes the client's new credentials, and gives ours. What was agreed before ends after a short overlap. */
  restart(client: Credentials, nowMs: number): Credentials {
    const own = {
      ufrag: `${ufragOfFront(this.#options.id)}${randomBytes(9).toString('base64')}`,
      password: randomBytes(18).toString('base64'),
    };
    const order = (this.#generations.at(-1)?.order ?? 0) + 1;
    // The library's own last as long as the client uses no others.
    for (const generation of this.#generations)
      if (generation !== this.#selected?.generation && generation.order > 0) this.#end(generation, nowMs);
    this.#generations.push({ order, own, client, endsMs: Number.POSITIVE_INFINITY });
    // Rarely used, and then by one who restarts faster than the overlap.
    while (this.#generations.length > mediaLimits.frontGenerationsMax) {
      const oldest = this.#generations.findIndex(
        (generation) => generation !== this.#selected?.generation && generation.order > 0,
      );
      this.#generations.splice(oldest, 1);
    }
    return own;
  }

  /** A packet that is not STUN. */
  dataFromClient(packet: Buffer, from: Origin, nowMs: number): void {
    const path = this.#paths.get(keyOf(from));
    if (path === undefined || !proved(path, nowMs)) return;
    path.heardMs = nowMs;
    this.#options.toLibrary(packet);
  }

  /** `message`: what the packet says. */
  stunFromClient(packet: Buffer, message: StunMessage, from: Origin, nowMs: number): void {
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
      if (selected === undefined) this.#hold(packet);
      else if (proved(selected, nowMs)) this.#options.toClient(packet, selected.address);
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

  /** This address is not the client's any more: its connection was closed. */
  lost(address: Origin, nowMs: number): void {
    if (this.#paths.delete(keyOf(address))) {
      this.#options.release(address);
      this.#select(nowMs);
    }
  }

  /** The session has ended: whoever checks is told so, and gives up at once. */
  end(): void {
    this.#ended = true;
    this.#forget();
  }

  /** Repeats checks of the library, and forgets what ended. Call every few tens of milliseconds. */
  tick(nowMs: number): void {
    if (this.#library === 'away') this.#select(nowMs);
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
    this.#forget();
    this.#generations = [];
  }

  #forget(): void {
    for (const path of this.#paths.values()) this.#options.release(path.address);
    this.#paths.clear();
    this.#selected = undefined;
    this.#held = [];
  }

  /** The library speaks as soon as it knows the way, and would repeat itself only a second later. */
  #hold(packet: Buffer): void {
    this.#held.push(packet);
    if (this.#held.length > mediaLimits.frontHeldPacketsMax) this.#held.shift();
  }

  /**
   * The client means it: it has no better way. One that has the library's credentials chooses whatever answers first, and
   * leaves that when the library's own port has answered.
   */
  #isMeant(path: Path, nowMs: number): boolean {
    const { isPreferred, libraryIsConnected } = this.#options;
    if (isPreferred || path.generation.order > 0) return true;
    const isConnected = libraryIsConnected();
    const chosenMs = (isConnected ? path.checkedMs : nowMs) - path.nominatedMs;
    path.meant ||= chosenMs >= (isConnected ? mediaLimits.frontSteadyMs : mediaLimits.frontGraceMs);
    return path.meant;
  }

  #answerClient(packet: Buffer, message: StunMessage, from: Origin, nowMs: number): void {
    const { username, transaction } = message;
    const generation = this.#generations.find(
      ({ own, client }) => username === `${own.ufrag}:${client.ufrag}`,
    );
    if (generation === undefined || !integrityHolds(packet, message, generation.own.password)) return;
    const answer = (type: 'success' | 'error', fields: Parameters<typeof writeStun>[2]) =>
      this.#options.toClient(writeStun(type, transaction, fields, generation.own.password), from);
    if (this.#ended) {
      answer('error', { errorCode: 400 });
      return;
    }
    if (generation.order === 0 && !this.#admits(message, from)) return;
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
    if (!path.nominated) path.nominatedMs = nowMs;
    path.nominated = message.useCandidate;
    path.checkedMs = nowMs;
    if (this.#library === 'away' && this.#options.isPreferred) this.#options.wantLeg();
    const checkEveryMs = proved(path, nowMs) ? mediaLimits.frontConsentCheckMs : mediaLimits.frontCheckMs;
    if (nowMs - path.checkMs >= checkEveryMs) this.#checkClient(path, nowMs);
    this.#select(nowMs);
  }

  /** Of the clients that have the library's credentials, those that can go to the library's own port do. */
  #admits(message: StunMessage, from: Origin): boolean {
    return (
      this.#options.isPreferred ||
      from.over === 'tcp' ||
      message.hasZeroTieBreaker ||
      this.#paths.has(keyOf(from))
    );
  }

  /** The path of an address, made if there is room. */
  #path(address: Origin, generation: Generation, nowMs: number): Path | undefined {
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
      nominatedMs: nowMs,
      checkedMs: nowMs,
      meant: false,
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
      if (!path.nominated || !proved(path, nowMs) || !this.#isMeant(path, nowMs)) continue;
      if (best === undefined || better(path, best, nowMs)) best = path;
    }
    if (best === undefined) return;
    this.#selected = best;
    for (const packet of this.#held.splice(0)) this.#options.toClient(packet, best.address);
    for (const generation of this.#generations)
      if (generation.order < best.generation.order) this.#end(generation, nowMs);
    if (this.#library === 'away') this.#options.wantLeg();
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
export const keyOf = ({ address, port, over }: Origin): string => `${over ?? ''}${address} ${port}`;

const proved = (path: Path, nowMs: number): boolean => nowMs - path.provedMs < mediaLimits.iceConsentMs;

function better(path: Path, than: Path, nowMs: number): boolean {
  if (path.generation !== than.generation) return path.generation.order > than.generation.order;
  // Chosen after the other was last heard: the client went from there to here, another network say.
  const leads = (one: Path, other: Path) => one.nominatedMs > other.heardMs;
  if (leads(path, than) !== leads(than, path)) return leads(path, than);
  const lively = (of: Path) => nowMs - of.heardMs < mediaLimits.frontQuietMs;
  if (lively(path) !== lively(than)) return lively(path);
  return path.priority > than.priority;
}
