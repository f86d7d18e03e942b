import fc from 'fast-check';
import type { SignalingWorld, TestClient } from '../worlds/signaling-world.ts';

export const anyUser = fc.integer({ min: 1, max: 6 });

/** How somebody joins the live channel: as themselves, as a user whom the token names, awaiting a link, or by a token for anybody. */
const anyJoin = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: anyUser.map((user) => ({ user })) },
  { weight: 2, arbitrary: fc.constant({ linkAwaited: true }) },
  { weight: 1, arbitrary: fc.constant({ unproven: true }) },
);

/** What people do in a channel, over both links. */
export const anyLobbyStep = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('join' as const), user: anyUser, how: anyJoin }) },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('link' as const), user: anyUser, to: fc.option(anyUser) }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('leave' as const), user: anyUser }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('fall' as const), user: anyUser }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('role' as const), user: anyUser }) },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('subscribe' as const), user: anyUser, quiet: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('unsubscribe' as const), user: anyUser }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 12_000 }) }),
  },
);

export type LobbyStep = typeof anyLobbyStep extends fc.Arbitrary<infer Value> ? Value : never;

/** A model for tests: the people of the channel `lobby`, who take steps in it: uids, accounts that both links share, and one that is no user id. */
export class Lobby {
  readonly #w: SignalingWorld;
  readonly #clients = new Map<number, TestClient>();
  readonly #members = new Map<number, Awaited<ReturnType<SignalingWorld['joins']>>>();

  constructor(w: SignalingWorld) {
    this.#w = w;
  }

  async takes(step: LobbyStep): Promise<void> {
    if (step.what === 'wait') return this.#w.advance(step.ms);
    const member = this.#members.get(step.user);
    switch (step.what) {
      case 'join': {
        const { user, ...how } = { user: undefined, ...step.how };
        const link = { ...how, ...(user !== undefined && { userId: nameOf(user) }) };
        this.#members.set(step.user, await this.#w.joins(identityOf(step.user), link));
        return;
      }
      case 'link':
        return member?.links(step.to === null ? undefined : nameOf(step.to));
      case 'leave':
        return member?.leaves();
      case 'fall':
        return member?.falls();
      case 'role':
        return member?.becomes('broadcaster');
      case 'subscribe':
        await (await this.client(step.user)).subscribes('lobby', { beQuiet: step.quiet });
        return;
      case 'unsubscribe':
        await (await this.client(step.user)).asks({ type: 'unsubscribe', ...place });
    }
  }

  /** The client of a user, as it is; undefined before the first. */
  known(user: number): TestClient | undefined {
    return this.#clients.get(user);
  }

  /** The client of a user, who logs in if need be. */
  async client(user: number): Promise<TestClient> {
    const known = this.#clients.get(user);
    if (known && !known.closed) return known;
    const client = await this.#w.login(nameOf(user));
    this.#clients.set(user, client);
    return client;
  }
}

const place = { channelType: 'MESSAGE', channel: 'lobby' } as const;
const nameOf = (of: number) => (of % 2 ? String(of) : `user ${of}`);
const identityOf = (of: number) => (of % 2 ? { uid: of } : { account: of === 6 ? '_user 6' : `user ${of}` });
