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

async function live(seed: number): Promise<{ readonly wanted: object; readonly held: object }> {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const world = new FakeWorld();
  const server = new LossyServer(world, random);
  try {
    const { client } = makeClient();
    const arena = client.createStreamChannel('arena');
    /** The channels and states that the app believes in, by the answers it got. */
    const channels = new Map<string, { options: string; states: States }>();
    const waiting = new Map<string, States>();
    const followed = new Set<string>();
    let token = '';

    /** The outcome of a call, however long it takes; each ends. */
    const done = async (
      call: Promise<unknown>,
    ): Promise<{ readonly went: boolean; readonly code: unknown }> => {
      let ended: { readonly code: unknown } | undefined;
      void outcome(call).then((code) => (ended = { code }));
      for (let turn = 0; turn < 100 && !ended; turn++) await world.pass(300);
      if (!ended) throw new Error('a call has not ended');
      return { went: typeof ended.code === 'object', code: ended.code };
    };
    const login = async (step: number): Promise<void> => {
      token = `007t${step}`;
      await done(client.login({ token }));
    };
    const entered = (name: string, options: object): void => {
      const states = channels.get(name)?.states ?? waiting.get(name) ?? {};
      channels.set(name, { options: JSON.stringify(options), states });
      waiting.delete(name);
    };
    const stated = (name: string, states: States): void => {
      const of = channels.get(name);
      if (of) Object.assign(of.states, states);
      else waiting.set(name, { ...waiting.get(name), ...states });
    };
    const left = (name: string): void => {
      channels.delete(name);
      waiting.delete(name);
    };

    await login(0);
    for (let step = 1; step <= 40; step++) {
      const channel = pick(['a', 'b']);
      const name = `MESSAGE ${channel}`;
      const user = pick(['bob', 'cid']);
      const states = { [pick(['x', 'y', 'z'])]: String(step) };
      const options = {
        withPresence: random() < 0.5,
        withMetadata: random() < 0.5,
        withLock: random() < 0.5,
        beQuiet: random() < 0.5,
      };
      switch (pick(acts)) {
        case 'subscribe':
          if ((await done(client.subscribe(channel, options))).went) entered(name, options);
          break;
        case 'unsubscribe':
          await done(client.unsubscribe(channel));
          left(name);
          break;
        case 'set':
          if ((await done(client.presence.setState(channel, 'MESSAGE', states))).went) stated(name, states);
          break;
        case 'set in stream':
          if ((await done(client.presence.setState('arena', 'STREAM', states))).went)
            stated('STREAM arena', states);
          break;
        case 'remove': {
          const keys = Object.keys(states);
          const { went } = await done(client.presence.removeState(channel, 'MESSAGE', { states: keys }));
          for (const key of went ? keys : []) {
            delete channels.get(name)?.states[key];
            delete waiting.get(name)?.[key];
          }
          break;
        }
        case 'follow':
          if ((await done(client.storage.subscribeUserMetadata(user))).went) followed.add(user);
          break;
        case 'unfollow':
          await done(client.storage.unsubscribeUserMetadata(user));
          followed.delete(user);
          break;
        case 'renew': {
          // A token that comes too late for an answer still goes with the next connection.
          const { went, code } = await done(client.renewToken(`007t${step}`));
          if (went || code === -10026) token = `007t${step}`;
          break;
        }
        case 'join':
          if ((await done(arena.join(options))).went) entered('STREAM arena', options);
          break;
        case 'leave':
          if ((await done(arena.leave())).went) left('STREAM arena');
          break;
        case 'break':
          world.socket.drop();
          break;
        case 'outage':
          world.down = true;
          world.socket.drop();
          await world.pass(random() * 8_000);
          world.down = false;
          break;
        case 'login':
          await login(step);
          break;
        case 'elsewhere':
          world.socket.tell({ type: 'closing', code: 'replaced', message: 'Elsewhere.', retry: false });
          server.forget();
          await world.settle();
          await login(step);
          break;
        case 'logout':
          await done(client.logout());
          server.forget();
          channels.clear();
          waiting.clear();
          followed.clear();
          await login(step);
          break;
      }
    }
    server.lossRate = 0;
    await world.pass(120_000);
    const { held } = server;
    const plain = (of: typeof held) => ({
      channels: Object.fromEntries(of.channels),
      followed: [...of.followed].sort(),
      token: of.token,
    });
    const told = { wanted: plain({ channels, followed, token }), held: plain(held) };
    await done(client.logout());
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
