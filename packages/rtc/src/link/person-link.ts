import { onlyLogin, type ProofFor, type Surroundings, watchLogins } from '@housecount/link';

/**
 * Time for the page's signaling client to give a proof, milliseconds. Others are told of the member then, as nobody's but its own; a proof that
 * comes later still links. Chosen: shorter than the debounce after which the server does so itself.
 */
const proofMsMax = 1_500;

/** What the server says about the member's link in a welcome; undefined where it links nobody. */
export interface LinkTerms {
  /** What a proof has to be about. Another one for each connection. */
  readonly nonce: string;
  /** The user that the member is linked to already. */
  readonly userId?: string;
}

/** Servers that refuse a hello which says that a link is going to come: they are older than that. A page has few servers. */
const olderServers = new Set<string>();

export interface PersonLinkOptions {
  readonly server: string;
  readonly app: string;
  readonly surroundings: Pick<Surroundings, 'after'>;
  /**
   * Tells the server who the member is, on this connection alone; without a proof, that no link comes. Resolves with the nonce of a further
   * proof. Rejects where the server refuses, or the connection is lost: then nothing has changed.
   */
  readonly tell: (proof?: string) => Promise<{ readonly nonce?: string }>;
}

/** What is known of one connection that stands. */
interface Standing {
  /** What the next proof has to be about; undefined once it is spent, where the server gave no other. */
  nonce: string | undefined;
  /** The server waits to be told. */
  isAwaited: boolean;
  /** The login that has been asked. */
  asked?: ProofFor;
  /** A proof is on its way to the server: the next one needs what comes back. */
  isTelling: boolean;
  /** All that was begun, over. */
  done: Promise<void>;
}

/**
 * Links a member to the page's signaling user: asks the one that is logged in for a proof, and hands it to the server. A join never waits for
 * it, and nothing that goes wrong here is an error of the app.
 */
export class PersonLink {
  /** The login that the server has linked the member to: it is not asked a second time. */
  #linked: ProofFor | undefined;
  #standing: Standing | undefined;
  #saidAwaited = false;
  #cancelLimit: (() => void) | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(private readonly options: PersonLinkOptions) {}

  /** For a hello: true where a link is going to come. */
  announce(): boolean {
    const { server, app } = this.options;
    this.#saidAwaited = !olderServers.has(server) && onlyLogin(app) !== undefined;
    return this.#saidAwaited;
  }

  /** The hello was refused: true if a link was announced in it, which is not done at this server any more. */
  withdraw(): boolean {
    if (!this.#saidAwaited) return false;
    this.#saidAwaited = false;
    olderServers.add(this.options.server);
    return true;
  }

  /** A connection stands; of the membership before, if it was `resumed`. */
  welcomed(terms: LinkTerms | undefined, resumed: boolean): void {
    this.lost();
    const isAwaited = this.#saidAwaited && terms?.userId === undefined;
    this.#saidAwaited = false;
    if (!resumed || terms?.userId === undefined) this.#linked = undefined;
    if (terms === undefined) return;
    this.#standing = { nonce: terms.nonce, isAwaited, isTelling: false, done: Promise.resolve() };
    this.#stopWatching ??= watchLogins(this.options.app, () => this.#look());
    void this.#look();
  }

  /** The connection is gone, and what was under way on it comes to nothing. */
  lost(): void {
    this.#standing = undefined;
    this.#endLimit();
  }

  /** Over for good. */
  end(): void {
    this.lost();
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  /** Asks the login that there is, unless it has been. Resolves once nobody is being asked. */
  async #look(): Promise<void> {
    const standing = this.#standing;
    if (!standing) return;
    if (!standing.isTelling) void this.#askOnce(standing);
    await standing.done;
  }

  #askOnce(standing: Standing): Promise<void> | undefined {
    const login = onlyLogin(this.options.app);
    if (login === undefined) {
      delete standing.asked;
      this.#giveUpWait(standing);
    }
    if (login === undefined || login === this.#linked || login === standing.asked) return undefined;
    standing.done = this.#ask(login, standing);
    return standing.done;
  }

  async #ask(login: ProofFor, standing: Standing): Promise<void> {
    standing.asked = login;
    const { nonce } = standing;
    if (nonce === undefined) return;
    if (standing.isAwaited)
      this.#cancelLimit ??= this.options.surroundings.after(proofMsMax, () => this.#giveUpWait(standing));
    const proof: unknown = await new Promise<string>((resolve) => resolve(login(nonce))).catch(
      () => undefined,
    );
    // Meanwhile the connection, or who is logged in, may have become another.
    if (this.#standing !== standing || standing.asked !== login) return;
    if (typeof proof !== 'string') this.#giveUpWait(standing);
    else await this.#hand(proof, login, standing);
  }

  async #hand(proof: string, login: ProofFor, standing: Standing): Promise<void> {
    standing.isTelling = true;
    try {
      const { nonce } = await this.options.tell(proof);
      if (this.#standing !== standing) return;
      standing.nonce = nonce;
      standing.isAwaited = false;
      this.#linked = login;
      this.#endLimit();
    } catch {
      if (this.#standing === standing) this.#giveUpWait(standing);
    } finally {
      standing.isTelling = false;
      if (this.#standing === standing) await this.#askOnce(standing);
    }
  }

  /** Nobody shall wait for this member's link any longer. */
  #giveUpWait(standing: Standing): void {
    this.#endLimit();
    if (!standing.isAwaited) return;
    standing.isAwaited = false;
    // A server that did not hear it stops waiting by itself.
    this.options.tell().catch(() => undefined);
  }

  #endLimit(): void {
    this.#cancelLimit?.();
    this.#cancelLimit = undefined;
  }
}
