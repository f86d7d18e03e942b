import type { SimRandom } from '../../test/simulation/sim-random.ts';
import { Client } from '../clients/client.ts';
import { asksToLink, proofFor } from '../clients/page-link.ts';
import { SignalingClient } from '../clients/signaling-client.ts';

export type Role = 'broadcaster' | 'audience';
export type Identity = { readonly uid: number } | { readonly account: string };
export interface Place {
  readonly url: string;
  readonly channel: string;
}
/** A step that somebody can take next. */
export interface Step {
  readonly name: string;
  /** Resolves when the server has done it. */
  run(): Promise<unknown>;
}

/** A link that was dropped is taken up again within this time or not at all, milliseconds: leases are 5 s. What comes too late all the same begins anew. */
const resumeWithinMs = 2_500;

/** Answers with a proof for a nonce; undefined while nobody is logged in. */
export type Prover = (nonce: string) => Promise<string | undefined>;

let arrivals = 0;

/** Somebody's link to the live channel. */
export class RtcLink {
  role: Role = 'audience';
  /** Its page proved whose member it is. */
  isLinked = false;
  /** Grows with each arrival of anybody. */
  arrival = 0;
  #client: Client | undefined;
  #lostMs: number | undefined;
  readonly #place: Place;
  readonly #identity: Identity;
  readonly #prove: Prover | undefined;
  #nonce = '';

  /** `prove`: its page has a user of signaling, whose member it may prove to be. */
  constructor(place: Place, identity: Identity, prove?: Prover) {
    this.#place = place;
    this.#identity = identity;
    this.#prove = prove;
  }

  get isThere(): boolean {
    return this.#client !== undefined;
  }

  /** Dropped: only the server knows until when it is there. */
  get isAdrift(): boolean {
    return this.#lostMs !== undefined;
  }

  steps(random: SimRandom): readonly Step[] {
    const client = this.#client;
    const role = random.pick(['audience', 'audience', 'broadcaster'] as const);
    const prove = this.#prove;
    const join = (
      name: string,
      { isAwaited = false, ...over }: { resume?: string; role?: Role; isAwaited?: boolean },
    ): Step => ({
      name,
      run: async () => {
        this.role = over.role ?? this.role;
        const hello = { ...this.#place, ...this.#identity, role: this.role, ...over };
        try {
          this.#client = await Client.join({ ...hello, ...(isAwaited && { hello: { linkAwaited: true } }) });
          this.#nonce = this.#client.welcome?.link?.nonce ?? '';
          if (over.resume === undefined) {
            this.isLinked = false;
            arrivals += 1;
            this.arrival = arrivals;
          }
          if (isAwaited && prove) await this.#link(prove);
        } catch (cause) {
          if (!String(cause).includes('resume_invalid')) throw cause;
          this.#client = undefined;
        }
        this.#lostMs = undefined;
        if (over.resume === undefined) await client?.until('the end', () => client.closed);
      },
    });
    const joins = (name: string) => [
      join(name, { role }),
      ...(prove ? [join(`${name} awaiting a link`, { role, isAwaited: true })] : []),
    ];
    if (!client) return joins('join');
    if (this.#lostMs !== undefined) {
      const { resume = '' } = client.welcome ?? {};
      return Date.now() - this.#lostMs < resumeWithinMs ? [join('resume', { resume })] : [];
    }
    return [
      ...joins('join from a new device'),
      ...(prove ? [{ name: 'link', run: () => this.#link(prove) }] : []),
      {
        name: 'leave',
        run: async () => {
          await client.leave();
          this.isGone();
        },
      },
      {
        name: 'change role',
        run: async () => {
          this.role = this.role === 'audience' ? 'broadcaster' : 'audience';
          const answers = client.all('ok').length;
          client.send({ type: 'set-role', id: answers, role: this.role });
          await client.until('the answer', () => client.all('ok').length > answers);
        },
      },
      {
        name: 'drop',
        run: async () => {
          client.drop();
          this.#lostMs = Date.now();
        },
      },
    ];
  }

  /** Proves whose member it is, or says that it is nobody else's. */
  async #link(prove: Prover): Promise<void> {
    const client = this.#client;
    if (!client) throw new Error('there is nobody to be linked');
    const proof = await prove(this.#nonce);
    const answer = await asksToLink(client, proof);
    if (answer.type !== 'ok') throw new Error(`the link was refused: ${answer.code}`);
    this.#nonce = answer.nonce ?? this.#nonce;
    this.isLinked ||= proof !== undefined;
  }

  /** The server has put it out, or has given it up. */
  isGone(): void {
    this.isLinked = false;
    this.#client = undefined;
    this.#lostMs = undefined;
  }

  close(): void {
    this.#client?.drop();
  }
}

/** Somebody's link to signaling, and their subscription. */
export class RtmLink {
  subscribed: 'no' | 'quietly' | 'openly' = 'no';
  #states: Readonly<Record<string, string>> = {};
  #client: SignalingClient | undefined;
  #lostMs: number | undefined;
  readonly #place: Place;
  readonly #userId: string;

  constructor(place: Place, userId: string) {
    this.#place = place;
    this.#userId = userId;
  }

  get isAdrift(): boolean {
    return this.#lostMs !== undefined;
  }

  /** The states of its own that presence shows. */
  get states(): Readonly<Record<string, string>> {
    return this.subscribed === 'openly' ? this.#states : {};
  }

  steps(random: SimRandom): readonly Step[] {
    const client = this.#client;
    if (client && this.#lostMs !== undefined) {
      const { session } = client.welcome;
      const comeBack = async () => {
        this.#client = await SignalingClient.login(this.#place.url, this.#userId, { session });
        this.#lostMs = undefined;
        if (!this.#client.welcome.resumed) this.isOut();
      };
      return Date.now() - this.#lostMs < resumeWithinMs ? [{ name: 'come back', run: comeBack }] : [];
    }
    if (!client || this.subscribed === 'no')
      return (['quietly', 'openly', 'openly'] as const).map((how) => ({
        name: `subscribe ${how}`,
        run: () => this.#subscribe(how),
      }));
    const mood = random.id(3);
    const other = this.subscribed === 'openly' ? 'quietly' : 'openly';
    return [
      { name: `subscribe ${other}`, run: () => this.#subscribe(other) },
      {
        name: 'set a state',
        run: () => {
          // Nobody believes it: the host is in the live channel all the time.
          this.#states = { mood };
          return this.#asks({ type: 'set-state', states: { mood, role: 'broadcaster', uid: '1' } });
        },
      },
      {
        name: 'unsubscribe',
        run: () => {
          this.isOut();
          return this.#asks({ type: 'unsubscribe' });
        },
      },
      {
        name: 'log out',
        run: async () => {
          client.send({ type: 'logout' });
          await client.until('the end', () => client.closed);
          this.isGone();
        },
      },
      {
        name: 'lose the connection',
        run: async () => {
          client.drop();
          this.#lostMs = Date.now();
        },
      },
    ];
  }

  /** A proof for its page's members; undefined while it is not logged in, or only adrift. */
  prove: Prover = async (nonce) => {
    if (!this.#client || this.isAdrift) return undefined;
    return proofFor(this.#client, nonce);
  };

  /** The subscription is over, the session is not. */
  isOut(): void {
    this.subscribed = 'no';
    this.#states = {};
  }

  isGone(): void {
    this.isOut();
    this.#client = undefined;
    this.#lostMs = undefined;
  }

  close(): void {
    this.#client?.drop();
  }

  async #subscribe(how: 'quietly' | 'openly'): Promise<void> {
    this.#client ??= await SignalingClient.login(this.#place.url, this.#userId);
    const options = { withMessage: false, withPresence: false, withMetadata: false, withLock: false };
    await this.#asks({ type: 'subscribe', ...options, beQuiet: how === 'quietly' });
    this.subscribed = how;
  }

  async #asks(request: Readonly<Record<string, unknown>>): Promise<void> {
    const { channel } = this.#place;
    const answer = await this.#client?.asks({ channelType: 'MESSAGE', channel, ...request });
    if (answer?.type !== 'ok') throw new Error(`refused: ${JSON.stringify([request, answer])}`);
  }
}
