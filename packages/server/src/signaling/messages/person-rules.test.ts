import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { app, SignalingWorld, type TestClient } from '../../../testing/worlds/signaling-world.ts';
import { liveKey } from '../../channel/channel.ts';

/** Members of the live channel go by number or account, users of signaling by name; some have the same for both. */
const members = ['11', '12', 'x', 'both'] as const;
const users = ['ann', 'bob', '11', 'both'] as const;
type Member = (typeof members)[number];
type User = (typeof users)[number];

/** Members of the live channels of both; users subscribe in the lobby. A rule is about one, or about all that there is. */
const channels = ['lobby', 'hall'] as const;
type Channel = (typeof channels)[number];

interface Live {
  readonly member: Member;
  readonly channel: Channel;
  readonly user: User | undefined;
  /** Anybody could have joined by that name. */
  readonly isUnproven: boolean;
}
const placeOf = (channel: Channel, member: string) => `${channel}/${member}`;

/** Whom a rule means, by the model: the name, as member and as user, the places of other members, and other users. */
interface Meant {
  readonly id: number;
  readonly name: string;
  readonly channel: Channel | undefined;
  readonly places: Set<string>;
  readonly users: Set<string>;
}

/** A model for tests: who is there, who is linked to whom, and whom each rule means. */
class Model {
  readonly live = new Map<string, Live>();
  readonly subscribed = new Set<User>();
  rules: Meant[] = [];

  isBanned(channel: Channel, member: string): boolean {
    const place = placeOf(channel, member);
    return this.#about(channel).some(({ name, places }) => name === member || places.has(place));
  }

  isUserBanned(channel: Channel, user: string): boolean {
    return this.#about(channel).some(({ users }) => users.has(user));
  }

  #about(channel: Channel): readonly Meant[] {
    return this.rules.filter((rule) => rule.channel === undefined || rule.channel === channel);
  }

  /**
   * A rule about a name means who has it, as either, and whoever is one person with them; it is kept of those alone whose own name is proven.
   * All of them are out.
   */
  rule(name: string, channel: Channel | undefined, id: number): void {
    const rule: Meant = { id, name, channel, places: new Set(), users: new Set([name]) };
    const there = [...this.live].filter(([, one]) => channel === undefined || one.channel === channel);
    for (const [, { member, user }] of there) if (member === name && user) rule.users.add(user);
    for (const [place, { member, user, isUnproven }] of there) {
      const self = user ?? (isUnproven ? undefined : member);
      const isHalf = self !== undefined && rule.users.has(self);
      if (isHalf && !isUnproven) rule.places.add(place);
      if (isHalf || member === name) this.live.delete(place);
    }
    if (channel !== 'hall') for (const user of rule.users) this.subscribed.delete(user as User);
    this.rules.push(rule);
  }
}

const anyMember = fc.constantFrom(...members);
const anyUser = fc.constantFrom(...users);
const anyChannel = fc.constantFrom(...channels);
const steps = {
  join: fc.record({
    what: fc.constant('join' as const),
    channel: anyChannel,
    member: anyMember,
    user: fc.option(anyUser),
    isUnproven: fc.boolean(),
  }),
  link: fc.record({
    what: fc.constant('link' as const),
    channel: anyChannel,
    member: anyMember,
    user: anyUser,
  }),
  leave: fc.record({ what: fc.constant('leave' as const), channel: anyChannel, member: anyMember }),
  subscribe: fc.record({ what: fc.constant('subscribe' as const), user: anyUser }),
  rule: fc.record({
    what: fc.constant('rule' as const),
    channel: fc.option(anyChannel),
    name: fc.constantFrom(...members, ...users),
  }),
  endRule: fc.record({ what: fc.constant('end a rule' as const) }),
  restart: fc.record({ what: fc.constant('restart' as const) }),
};
const anyStep = fc.oneof(
  { weight: 4, arbitrary: steps.join },
  { weight: 4, arbitrary: steps.link },
  { weight: 2, arbitrary: steps.leave },
  { weight: 3, arbitrary: steps.subscribe },
  { weight: 3, arbitrary: steps.rule },
  { weight: 2, arbitrary: steps.endRule },
  { weight: 1, arbitrary: steps.restart },
);
type Step = typeof anyStep extends fc.Arbitrary<infer One> ? One : never;
type StepOf<What extends Step['what']> = Extract<Step, { readonly what: What }>;

/** The channels in which it happens, and the model beside them. */
class Party {
  readonly #w: SignalingWorld;
  readonly #model = new Model();
  readonly #viewers = new Map<string, Awaited<ReturnType<SignalingWorld['joins']>>>();
  readonly #clients = new Map<User, TestClient>();

  constructor(w: SignalingWorld) {
    this.#w = w;
  }

  async take(step: Step): Promise<void> {
    switch (step.what) {
      case 'join':
        return this.#join(step);
      case 'link':
        return this.#link(step);
      case 'leave':
        await this.#viewers.get(placeOf(step.channel, step.member))?.leaves();
        this.#model.live.delete(placeOf(step.channel, step.member));
        return;
      case 'subscribe':
        return this.#subscribe(step);
      case 'rule':
        return this.#rule(step);
      case 'end a rule':
        return this.#endRule();
      case 'restart':
        await this.#w.crash();
        return this.#w.start();
    }
  }

  /** Who is there is who the model says. */
  agree(step: Step): void {
    const rosters = channels.flatMap((channel) =>
      Array.from(
        this.#w.log.channel(liveKey(app.id, channel))?.roster ?? [],
        ({ uid, account, userId }) => [placeOf(channel, account ?? String(uid)), userId] as const,
      ),
    );
    const expected = Array.from(this.#model.live, ([place, { user }]) => [place, user] as const);
    expect([step, new Map<string, string | undefined>(rosters)]).toEqual([step, new Map(expected)]);
    expect([step, this.#w.subscribers().sort()]).toEqual([step, [...this.#model.subscribed].sort()]);
  }

  async #join(step: StepOf<'join'>): Promise<void> {
    const { channel, member } = step;
    const user = step.user ?? undefined;
    const isUnproven = user === undefined && step.isUnproven;
    const model = this.#model;
    const isRefused =
      model.isBanned(channel, member) || (user !== undefined && model.isUserBanned(channel, user));
    const identity = /^\d+$/.test(member) ? { uid: Number(member) } : { account: member };
    const link = { ...(user !== undefined && { userId: user }), ...(isUnproven && { unproven: true }) };
    const joined = await this.#w.joins(identity, { channel, ...link }).catch(() => undefined);
    expect([step, joined === undefined]).toEqual([step, isRefused]);
    if (!joined) return;
    this.#viewers.set(placeOf(channel, member), joined);
    model.live.set(placeOf(channel, member), { member, channel, user, isUnproven });
  }

  /** Who is linked to somebody whom a rule keeps out is put out, and that rule keeps them out from now on, if their own name is proven. */
  async #link(step: StepOf<'link'>): Promise<void> {
    const { channel, member, user } = step;
    const model = this.#model;
    const place = placeOf(channel, member);
    const live = model.live.get(place);
    if (!live) return;
    await this.#viewers.get(place)?.links(user);
    // Who has the user's very name is nobody else.
    if (live.user === undefined && member === user && !live.isUnproven) return;
    if (!model.isUserBanned(channel, user)) {
      model.live.set(place, { ...live, user });
      return;
    }
    model.live.delete(place);
    const uid = this.#w.log.uidOf(app.id, member) ?? 0;
    for (const kept of this.#w.log.rules(app.id)) {
      const isIn = kept.membersIn?.some((one) => one.channel === channel && one.uid === uid);
      const isKept =
        kept.channel === undefined ? isIn : kept.channel === channel && kept.members?.includes(uid);
      if (isKept) model.rules.find(({ id }) => id === kept.id)?.places.add(place);
    }
    expect([step, model.isBanned(channel, member)]).toEqual([step, !live.isUnproven]);
  }

  async #subscribe(step: StepOf<'subscribe'>): Promise<void> {
    const { user } = step;
    const known = this.#clients.get(user);
    const client = known && !known.closed ? known : await this.#w.login(user);
    this.#clients.set(user, client);
    const isIn = client.closing === undefined;
    const answer = isIn ? await client.subscribes('lobby', { withPresence: false }) : undefined;
    expect([step, answer?.type === 'ok']).toEqual([step, !this.#model.isUserBanned('lobby', user)]);
    if (answer?.type === 'ok') this.#model.subscribed.add(user);
  }

  async #rule({ name, channel }: StepOf<'rule'>): Promise<void> {
    const whom = await this.#w.signaling.backend.uidFor(app.id, name);
    const scope = channel === null ? {} : { channel };
    const { id } = await this.#w.makesRule({ ...scope, ...whom, privileges: ['join_channel'] }, 86_400_000);
    this.#model.rule(name, channel ?? undefined, id);
  }

  async #endRule(): Promise<void> {
    const [first, ...rest] = this.#model.rules;
    if (!first) return;
    const ended = this.#w.log.deleteRule(app.id, first.id);
    await this.#w.settled();
    expect((await ended).ok).toBe(true);
    this.#model.rules = rest;
  }
}

test('PERSON48, PERSON49: whatever links come and go, a rule keeps out whom it meant, all of them and nobody else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25, size: 'max' }), async (all) => {
      const w = await SignalingWorld.start();
      try {
        const party = new Party(w);
        for (const step of all) {
          await party.take(step);
          await w.settled();
          party.agree(step);
        }
      } finally {
        await w.stop();
      }
    }),
    {
      numRuns: 150,
      // The user by her own name, and another member that is linked to her: whichever is named, all of it is meant.
      examples: [
        [
          [
            { what: 'join', channel: 'lobby', member: 'both', user: null, isUnproven: false },
            { what: 'join', channel: 'lobby', member: 'x', user: 'both', isUnproven: false },
            { what: 'rule', channel: 'lobby', name: 'x' },
            { what: 'join', channel: 'lobby', member: 'both', user: null, isUnproven: false },
          ],
        ],
        // A number that anybody could have taken; and the same number of two users, each in a channel.
        [
          [
            { what: 'join', channel: 'lobby', member: '12', user: null, isUnproven: true },
            { what: 'link', channel: 'lobby', member: '12', user: 'ann' },
            { what: 'join', channel: 'hall', member: '11', user: 'ann', isUnproven: false },
            { what: 'join', channel: 'lobby', member: '11', user: 'bob', isUnproven: false },
            { what: 'rule', channel: null, name: 'ann' },
            { what: 'join', channel: 'lobby', member: '12', user: null, isUnproven: false },
            { what: 'restart' },
          ],
        ],
      ],
    },
  );
}, 300_000);
