import type { Role, StreamState } from '@housecount/protocol';
import type { SimProcessClock } from './sim-clock.ts';
import type { Session } from './sim-edge.ts';
import type { Life, SimMachine } from './sim-machine.ts';
import type { ClientOp, Reply } from './sim-op.ts';
import type { SimRandom } from './sim-random.ts';
import { isSignaling } from './sim-signaling.ts';
import type { Truth } from './truth.ts';

/** The ways in which a socket ends, as the client sees it. */
type Ending = 'bye' | 'left' | 'broken' | 'dropped';

interface Link {
  readonly life: Life;
  readonly ended: Promise<Ending>;
  readonly end: (why: Ending) => void;
  /** Its socket, as the server has it; once the server has taken it. */
  session?: Session | undefined;
  isOpen: boolean;
  /** The client sends nothing, not even pings. */
  mute: boolean;
}

const pingMs = 2_500;
const nothing: StreamState = { audio: false, video: false };

export interface ClientOptions {
  readonly machine: SimMachine;
  /** The world's time: goes on when the server does not. */
  readonly time: SimProcessClock;
  readonly random: SimRandom;
  readonly truth: Truth;
  readonly channel: string;
  readonly uid: number;
  /** The users whom it may be proven to be, by its page, or by its tokens: then it is linked from the start. None: it is itself. */
  readonly users?: readonly string[];
  readonly isNamedByToken?: boolean;
}

/** A person with an SDK: joins, stays, goes quiet, loses the network, comes back with the resume key, leaves, or vanishes. */
export class SimClient {
  /** Nothing new is begun; who is in stays in. */
  calm = false;
  readonly options: ClientOptions;
  #link: Link | undefined;
  #connectionId: string | undefined;
  /** The number of its last try to resume. */
  #attempts = 0;
  #role: Role;
  /** The streams that it sends, and the run of the server that it has told so. */
  #sends = nothing;
  #saidTo: Life | undefined;
  /** The user that it is linked to. */
  #linkedTo: string | undefined;

  constructor(options: ClientOptions) {
    this.options = options;
    this.#role = !isSignaling(options.channel) && options.random.chance(0.3) ? 'broadcaster' : 'audience';
  }

  /** True when the client is in, by its own knowledge. */
  get isIn(): boolean {
    return this.#link?.isOpen === true;
  }

  get role(): Role {
    return this.#role;
  }

  get linkedTo(): string | undefined {
    return this.#linkedTo;
  }

  get sends(): StreamState {
    return this.#sends;
  }

  /** Lives until the client is gone for good. */
  async run(): Promise<void> {
    const { random } = this.options;
    await this.#sleep(0, 12_000);
    while (!this.calm && (await this.#enter())) {
      const why = await this.#stay();
      if (why === 'bye' || why === 'left') {
        this.#connectionId = undefined;
        if (this.calm || random.chance(0.4)) return;
        await this.#sleep(100, 8_000);
      } else if (!this.calm && random.chance(0.2)) {
        return;
      } else {
        await this.#sleep(50, random.chance(0.7) ? 3_000 : 25_000);
      }
    }
  }

  /** Resumes, or joins; false if the client gives up. */
  async #enter(): Promise<boolean> {
    const { random, truth, channel, uid, time } = this.options;
    for (let tries = 0; tries < 100; tries += 1) {
      const resuming = this.#connectionId !== undefined;
      const connectionId = this.#connectionId ?? random.id(12);
      if (resuming && random.chance(0.2)) this.#giveUpTry(connectionId);
      const named = this.#named(connectionId);
      const op: ClientOp = resuming
        ? { type: 'resume', channel, attempt: ++this.#attempts, ...named }
        : { type: 'join', channel, uid, role: this.#joinRole, ...named, ...this.#awaits() };
      if (!resuming) truth.joins.set(connectionId, { channel, uid, atMs: time.nowMs() });
      const link = this.#newLink();
      const reply = link ? await this.#call(link, connectionId, op) : 'broken';
      if (reply === 'ok' && link?.isOpen) {
        this.#connectionId = connectionId;
        this.#link = link;
        link.session = link.life.edge.session(connectionId);
        // The welcome says which role the member has: the answer to a change may have been lost.
        this.#role = link.life.edge.roleOf(channel, connectionId) ?? this.#role;
        this.#linkedTo = link.life.edge.userOf(channel, connectionId);
        if (!resuming || this.#role === 'audience') this.#sends = nothing;
        this.#ping(link, connectionId);
        // A server that was started again has nothing of it, and an answer may have been lost.
        if (resuming && this.#role === 'broadcaster' && this.#saidTo !== link.life)
          await this.#say(link, connectionId, this.#sends);
        return true;
      }
      if (reply === 'ok') this.#connectionId = connectionId;
      if (reply === 'gone') {
        this.#connectionId = undefined;
        if (!this.calm && random.chance(0.3)) return false;
      }
      await this.#sleep(200, 1_500);
    }
    return false;
  }

  /** The user whom its token names beside it, another one each time. */
  #named(connectionId: string): { readonly userId?: string } {
    const { users = [], isNamedByToken, random, truth } = this.options;
    if (!isNamedByToken || users.length === 0) return {};
    const userId = random.pick(users);
    truth.links.add(`${connectionId} token ${userId}`);
    return { userId };
  }

  #awaits(): { readonly linkAwaited?: true } {
    const { users = [], isNamedByToken, random } = this.options;
    return users.length > 0 && !isNamedByToken && random.chance(0.7) ? { linkAwaited: true } : {};
  }

  /** States of signaling begin anew with each session. */
  get #joinRole(): Role {
    if (isSignaling(this.options.channel)) this.#role = 'audience';
    return this.#role;
  }

  /** Stays in the channel until the link ends. */
  async #stay(): Promise<Ending> {
    const { random, channel, time, users = [] } = this.options;
    const link = this.#link;
    const connectionId = this.#connectionId;
    if (!link || !connectionId) return 'left';
    while (link.isOpen) {
      if (this.calm) return link.ended;
      if (this.#role === 'broadcaster' && !isSignaling(channel) && random.chance(0.3)) {
        await this.#say(link, connectionId, { audio: random.chance(0.5), video: random.chance(0.5) });
        continue;
      }
      if (users.length > 0 && random.chance(0.2)) {
        await this.#prove(link, connectionId, random.pick(users));
        continue;
      }
      const dice = random.fraction();
      if (dice < 0.35) await this.#orEnd(link, this.#sleep(500, 8_000));
      else if (dice < 0.55) {
        const role = this.#role === 'audience' ? 'broadcaster' : 'audience';
        const reply = await this.#call(link, connectionId, { type: 'role', channel, role });
        if (reply === 'ok') this.#role = role;
        if (reply === 'ok') this.#sends = nothing;
      } else if (dice < 0.6 && !isSignaling(channel)) {
        this.#part(link, connectionId);
      } else if (dice < 0.65) {
        await this.#call(link, connectionId, { type: 'bye', channel });
        link.end('bye');
      } else if (dice < 0.82) {
        link.end('dropped');
        if (users.length > 0 && random.chance(0.3)) this.#proveLate(link, connectionId, random.pick(users));
        // The server may see the close, or only silence.
        if (random.chance(0.7)) {
          const { life, session } = link;
          const lateMs = random.chance(0.3) ? random.between(40, 8_000) : random.between(1, 40);
          time.after(lateMs, () => session && life.edge.socketClosed(connectionId, session));
        }
      } else {
        link.mute = true;
        await this.#orEnd(link, this.#sleep(500, 18_000));
        link.mute = false;
        this.#hear(link, connectionId);
      }
    }
    return link.ended;
  }

  /** Has its page prove that it is this user. */
  async #prove(link: Link, connectionId: string, userId: string): Promise<void> {
    const { channel, uid } = this.options;
    const reply = await this.#call(link, connectionId, { type: 'link', channel, userId });
    // A user of its own name is no other than itself, unless it was linked to one.
    const isItself = this.#linkedTo === undefined && userId === String(uid);
    if (reply === 'ok' && !isItself) this.#linkedTo = userId;
  }

  /** A proof that it does not wait for: it arrives before the next try to resume, which tells what came of it, or after. */
  #proveLate({ life, session }: Link, connectionId: string, userId: string): void {
    const { time, random } = this.options;
    time.after(random.between(1, 8_000), () => {
      if (session && life.process.alive) void life.edge.link(connectionId, session, userId);
    });
  }

  /** Sends these streams from now on, and says so; again after the next resume if that is not answered. */
  async #say(link: Link, connectionId: string, streams: StreamState): Promise<void> {
    const { channel } = this.options;
    this.#sends = streams;
    this.#saidTo = undefined;
    const reply = await this.#call(link, connectionId, { type: 'streams', channel, ...streams });
    if (reply === 'ok') this.#saidTo = link.life;
  }

  /** A try to resume that it does not wait for: it arrives before the next one, or after. */
  #giveUpTry(connectionId: string): void {
    const { machine, random, time, channel } = this.options;
    const { life } = machine;
    const attempt = ++this.#attempts;
    time.after(random.between(1, 8_000), () => {
      if (life) void life.edge.lateResume(connectionId, { channel, attempt });
    });
  }

  /** Says goodbye as a page that may be reloaded. */
  #part(link: Link, connectionId: string): void {
    const { life, session } = link;
    this.#later(() => session && life.edge.parting(connectionId, session));
    link.end('dropped');
  }

  #newLink(): Link | undefined {
    const { machine, random, time } = this.options;
    const { life } = machine;
    if (!life) return undefined;
    let resolve: (why: Ending) => void = () => undefined;
    const link: Link = {
      life,
      ended: new Promise((done) => {
        resolve = done;
      }),
      end(why) {
        link.isOpen = false;
        resolve(why);
      },
      isOpen: true,
      mute: false,
    };
    void life.ended.then(() => time.after(random.between(1, 1_500), () => link.end('broken')));
    return link;
  }

  /** Sends and waits for the answer; `broken` if the server ends first. */
  async #call(link: Link, connectionId: string, op: ClientOp): Promise<Reply | 'broken'> {
    const { machine } = this.options;
    await this.#sleep(1, 30);
    if (machine.life !== link.life) return this.#orEnd(link, never()).then(() => 'broken' as const);
    const work = link.life.edge.handle(connectionId, op, () => this.#later(() => link.end('left')));
    const reply = await Promise.race([work, link.ended.then(() => 'broken' as const)]);
    await this.#sleep(1, 30);
    return reply;
  }

  #ping(link: Link, connectionId: string): void {
    this.options.time.after(pingMs, () => {
      if (!link.isOpen || this.#link !== link) return;
      if (!link.mute) this.#hear(link, connectionId);
      this.#ping(link, connectionId);
    });
  }

  #hear(link: Link, connectionId: string): void {
    this.#later(() => {
      if (link.isOpen) link.life.edge.heard(connectionId);
    });
  }

  #later(run: () => void): void {
    this.options.time.after(this.options.random.between(1, 30), run);
  }

  #orEnd(link: Link, wait: Promise<unknown>): Promise<unknown> {
    return Promise.race([wait, link.ended]);
  }

  #sleep(fromMs: number, toMs: number): Promise<void> {
    const { time, random } = this.options;
    return new Promise((resolve) => time.after(random.between(fromMs, toMs), resolve));
  }
}

const never = (): Promise<never> => new Promise(() => undefined);
