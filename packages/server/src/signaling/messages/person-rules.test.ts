import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { app, SignalingWorld, type TestClient } from '../../../testing/worlds/signaling-world.ts';
import { liveKey } from '../../channel/channel.ts';

/** Members of the live channel go by number or account, users of signaling by name; some have the same for both. */
const members = ['11', '12', 'x', 'both'] as const;
const users = ['ann', 'bob', '11', 'both'] as const;
type Member = (typeof members)[number];
type User = (typeof users)[number];

/** Whom a rule means, by the model: as members and as users. */
interface Meant {
  readonly id: number;
  readonly members: Set<string>;
  readonly users: Set<string>;
}

/** A model for tests: who is there, who is linked to whom, and whom each rule means. */
class Model {
  readonly live = new Map<Member, User | undefined>();
  readonly subscribed = new Set<User>();
  rules: Meant[] = [];

  isBanned(name: string, as: 'members' | 'users'): boolean {
    return this.rules.some((rule) => rule[as].has(name));
  }

  /** A rule about a name means who has it, as either, and whoever is one person with them. */
  meant(name: string, id: number): Meant {
    const all = { id, members: new Set([name]), users: new Set([name]) };
    for (const [member, user] of this.live) if (member === name && user !== undefined) all.users.add(user);
    for (const [member, user = member] of this.live) if (all.users.has(user)) all.members.add(member);
    return all;
  }

  putOut(rule: Meant): void {
    for (const member of rule.members) this.live.delete(member as Member);
    for (const user of rule.users) this.subscribed.delete(user as User);
  }
}

const anyMember = fc.constantFrom(...members);
const anyUser = fc.constantFrom(...users);
const steps = {
  join: fc.record({ what: fc.constant('join' as const), member: anyMember, user: fc.option(anyUser) }),
  link: fc.record({ what: fc.constant('link' as const), member: anyMember, user: anyUser }),
  leave: fc.record({ what: fc.constant('leave' as const), member: anyMember }),
  subscribe: fc.record({ what: fc.constant('subscribe' as const), user: anyUser }),
  rule: fc.record({ what: fc.constant('rule' as const), name: fc.constantFrom(...members, ...users) }),
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

/** A channel in which it happens, and the model beside it. */
class Party {
  readonly #w: SignalingWorld;
  readonly #model = new Model();
  readonly #viewers = new Map<Member, Awaited<ReturnType<SignalingWorld['joins']>>>();
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
        await this.#viewers.get(step.member)?.leaves();
        this.#model.live.delete(step.member);
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
    const roster = Array.from(this.#w.log.channel(liveKey(app.id, 'lobby'))?.roster ?? []);
    const live = roster.map(({ uid, account, userId }) => [account ?? String(uid), userId] as const);
    expect([step, new Map(live)]).toEqual([step, new Map<string, string | undefined>(this.#model.live)]);
    expect([step, this.#w.subscribers().sort()]).toEqual([step, [...this.#model.subscribed].sort()]);
  }

  async #join(step: StepOf<'join'>): Promise<void> {
    const { member } = step;
    const user = step.user ?? undefined;
    const model = this.#model;
    const isRefused =
      model.isBanned(member, 'members') || (user !== undefined && model.isBanned(user, 'users'));
    const identity = /^\d+$/.test(member) ? { uid: Number(member) } : { account: member };
    const link = user === undefined ? {} : { userId: user };
    const joined = await this.#w.joins(identity, link).catch(() => undefined);
    expect([step, joined === undefined]).toEqual([step, isRefused]);
    if (!joined) return;
    this.#viewers.set(member, joined);
    model.live.set(member, user);
  }

  /** Who is linked to somebody whom a rule keeps out is put out, and that rule keeps them out from now on. */
  async #link(step: StepOf<'link'>): Promise<void> {
    const { member, user } = step;
    const model = this.#model;
    if (!model.live.has(member)) return;
    await this.#viewers.get(member)?.links(user);
    // Who has the user's very name is nobody else.
    if (model.live.get(member) === undefined && member === user) return;
    if (!model.isBanned(user, 'users')) {
      model.live.set(member, user);
      return;
    }
    model.live.delete(member);
    const uid = this.#w.log.uidOf(app.id, member) ?? 0;
    const wider = this.#w.log.rules(app.id).filter((rule) => rule.uid === uid || rule.members?.includes(uid));
    for (const rule of model.rules) if (wider.some(({ id }) => id === rule.id)) rule.members.add(member);
    expect([step, model.isBanned(member, 'members')]).toEqual([step, true]);
  }

  async #subscribe(step: StepOf<'subscribe'>): Promise<void> {
    const { user } = step;
    const known = this.#clients.get(user);
    const client = known && !known.closed ? known : await this.#w.login(user);
    this.#clients.set(user, client);
    const answer = await client.subscribes('lobby', { withPresence: false });
    expect([step, answer.type === 'refused']).toEqual([step, this.#model.isBanned(user, 'users')]);
    if (answer.type === 'ok') this.#model.subscribed.add(user);
  }

  async #rule({ name }: StepOf<'rule'>): Promise<void> {
    const whom = await this.#w.signaling.backend.uidFor(app.id, name);
    const draft = { app: app.id, channel: 'lobby', ...whom, privileges: ['join_channel'] as const };
    const made = this.#w.log.createRule(draft, 86_400_000);
    await this.#w.settled();
    const outcome = await made;
    if (!outcome.ok) throw new Error(outcome.code);
    const rule = this.#model.meant(name, outcome.rule.id);
    this.#model.rules.push(rule);
    this.#model.putOut(rule);
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
            { what: 'join', member: 'both', user: null },
            { what: 'join', member: 'x', user: 'both' },
            { what: 'rule', name: 'x' },
            { what: 'join', member: 'both', user: null },
          ],
        ],
      ],
    },
  );
}, 300_000);
