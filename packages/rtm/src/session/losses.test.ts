import { expect, test } from 'bun:test';
import { FakeWorld, outcome } from '../testing/fake-server.ts';
import { makeClient } from '../testing/harness.ts';
import { LossyServer, type States } from '../testing/lossy-server.ts';

/** A path that breaks at any moment, and a server that starts again: in the end it has what the app was told that it has. */

const acts = [
  ...['subscribe', 'subscribe', 'unsubscribe', 'set', 'set', 'remove', 'follow', 'unfollow', 'renew'],
  ...['join', 'leave', 'set in stream', 'break', 'outage', 'login', 'elsewhere', 'logout'],
] as const;

function randomOf(seed: number): () => number {
  let state = seed * 7919 + 1;
  const next = (): number => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (let skipped = 0; skipped < 5; skipped++) next();
  return next;
}

/** The channels, states and users that the app believes in, by the answers it got. */
class Believed {
  readonly channels = new Map<string, { options: string; states: States }>();
  /** States of channels that it is not in yet. */
  readonly #waiting = new Map<string, States>();
  readonly followed = new Set<string>();
  token = '';

  entered(name: string, options: object): void {
    const states = this.channels.get(name)?.states ?? this.#waiting.get(name) ?? {};
    this.channels.set(name, { options: JSON.stringify(options), states });
    this.#waiting.delete(name);
  }

  stated(name: string, states: States): void {
    const of = this.channels.get(name);
    if (of) Object.assign(of.states, states);
    else this.#waiting.set(name, { ...this.#waiting.get(name), ...states });
  }

  unstated(name: string, key: string): void {
    delete this.channels.get(name)?.states[key];
    delete this.#waiting.get(name)?.[key];
  }

  left(name: string): void {
    this.channels.delete(name);
    this.#waiting.delete(name);
  }

  /** It has logged out. */
  nothing(): void {
    this.channels.clear();
    this.#waiting.clear();
    this.followed.clear();
  }
}

/** An app that does what comes into its head, over a path that breaks. */
class App {
  readonly believed = new Believed();
  readonly client = makeClient().client;
  readonly #arena = this.client.createStreamChannel('arena');
  readonly #world: FakeWorld;
  readonly #server: LossyServer;
  readonly #random: () => number;

  constructor(world: FakeWorld, server: LossyServer, random: () => number) {
    this.#world = world;
    this.#server = server;
    this.#random = random;
  }

  /** The outcome of a call, however long it takes; each ends. */
  async done(call: Promise<unknown>): Promise<{ readonly went: boolean; readonly code: unknown }> {
    let ended: { readonly code: unknown } | undefined;
    void outcome(call).then((code) => (ended = { code }));
    for (let turn = 0; turn < 100 && !ended; turn++) await this.#world.pass(300);
    if (!ended) throw new Error('a call has not ended');
    return { went: typeof ended.code === 'object', code: ended.code };
  }

  async login(step: number): Promise<void> {
    const token = `007t${step}`;
    this.believed.token = token;
    await this.done(this.client.login({ token }));
  }

  async act(step: number): Promise<void> {
    const channel = this.#pick(['a', 'b']);
    const name = `MESSAGE ${channel}`;
    const user = this.#pick(['bob', 'cid']);
    const states = { [this.#pick(['x', 'y', 'z'])]: String(step) };
    const options = {
      withPresence: this.#random() < 0.5,
      withMetadata: this.#random() < 0.5,
      withLock: this.#random() < 0.5,
      beQuiet: this.#random() < 0.5,
    };
    switch (this.#pick(acts)) {
      case 'subscribe':
        if ((await this.done(this.client.subscribe(channel, options))).went)
          this.believed.entered(name, options);
        break;
      case 'unsubscribe':
        await this.done(this.client.unsubscribe(channel));
        this.believed.left(name);
        break;
      case 'set':
        if ((await this.done(this.client.presence.setState(channel, 'MESSAGE', states))).went)
          this.believed.stated(name, states);
        break;
      case 'set in stream':
        if ((await this.done(this.client.presence.setState('arena', 'STREAM', states))).went)
          this.believed.stated('STREAM arena', states);
        break;
      case 'remove': {
        const keys = Object.keys(states);
        const { went } = await this.done(
          this.client.presence.removeState(channel, 'MESSAGE', { states: keys }),
        );
        for (const key of went ? keys : []) this.believed.unstated(name, key);
        break;
      }
      case 'follow':
        if ((await this.done(this.client.storage.subscribeUserMetadata(user))).went)
          this.believed.followed.add(user);
        break;
      case 'unfollow':
        await this.done(this.client.storage.unsubscribeUserMetadata(user));
        this.believed.followed.delete(user);
        break;
      case 'renew': {
        // A token that comes too late for an answer still goes with the next connection.
        const { went, code } = await this.done(this.client.renewToken(`007t${step}`));
        if (went || code === -10026) this.believed.token = `007t${step}`;
        break;
      }
      case 'join':
        if ((await this.done(this.#arena.join(options))).went) this.believed.entered('STREAM arena', options);
        break;
      case 'leave':
        if ((await this.done(this.#arena.leave())).went) this.believed.left('STREAM arena');
        break;
      case 'break':
        this.#world.socket.drop();
        break;
      case 'outage':
        this.#world.down = true;
        this.#world.socket.drop();
        await this.#world.pass(this.#random() * 8_000);
        this.#world.down = false;
        break;
      case 'login':
        await this.login(step);
        break;
      case 'elsewhere':
        this.#world.socket.tell({ type: 'closing', code: 'replaced', message: 'Elsewhere.', retry: false });
        this.#server.forget();
        await this.#world.settle();
        await this.login(step);
        break;
      case 'logout':
        await this.done(this.client.logout());
        this.#server.forget();
        this.believed.nothing();
        await this.login(step);
        break;
    }
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }
}

async function live(seed: number): Promise<{ readonly wanted: object; readonly held: object }> {
  const random = randomOf(seed);
  const world = new FakeWorld();
  const server = new LossyServer(world, random);
  try {
    const app = new App(world, server, random);
    await app.login(0);
    for (let step = 1; step <= 40; step++) await app.act(step);
    server.lossRate = 0;
    await world.pass(120_000);
    const { held } = server;
    const plain = (of: Pick<typeof held, 'channels' | 'followed' | 'token'>) => ({
      channels: Object.fromEntries(of.channels),
      followed: [...of.followed].sort(),
      token: of.token,
    });
    const told = { wanted: plain(app.believed), held: plain(held) };
    await app.done(app.client.logout());
    expect(world.timers).toBe(0);
    return told;
  } finally {
    world.restore();
  }
}

const first = Number(process.env.HOUSECOUNT_SEED ?? 1);
const lives = 200;

test('RTM36, RTM37, RTM56, RTM63, RTM87: after any losses the server has what the app was told', async () => {
  for (let seed = first; seed < first + lives; seed++) {
    const { wanted, held } = await live(seed);
    expect({ seed, ...held }).toEqual({ seed, ...wanted });
  }
}, 60_000);
