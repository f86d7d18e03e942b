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
const anyStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('join' as const), member: anyMember, user: fc.option(anyUser) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('link' as const), member: anyMember, user: anyUser }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('leave' as const), member: anyMember }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('subscribe' as const), user: anyUser }) },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('rule' as const), name: fc.constantFrom(...members, ...users) }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('end a rule' as const) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('restart' as const) }) },
);

test('PERSON48, PERSON49: whatever links come and go, a rule keeps out whom it meant, all of them and nobody else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25, size: 'max' }), async (steps) => {
      const w = await SignalingWorld.start();
      try {
        const model = new Model();
        const viewers = new Map<Member, Awaited<ReturnType<SignalingWorld['joins']>>>();
        const clients = new Map<User, TestClient>();
        const clientOf = async (user: User) => {
          const known = clients.get(user);
          const client = known && !known.closed ? known : await w.login(user);
          clients.set(user, client);
          return client;
        };
        for (const step of steps) {
          if (step.what === 'join') {
            const { member, user } = step;
            const userId = user ?? undefined;
            const isRefused =
              model.isBanned(member, 'members') || (userId !== undefined && model.isBanned(userId, 'users'));
            const identity = /^\d+$/.test(member) ? { uid: Number(member) } : { account: member };
            const joined = await w
              .joins(identity, userId === undefined ? {} : { userId })
              .catch(() => undefined);
            expect([step, joined === undefined]).toEqual([step, isRefused]);
            if (!joined) continue;
            viewers.set(member, joined);
            model.live.set(member, userId);
          } else if (step.what === 'link') {
            const { member, user } = step;
            if (!model.live.has(member)) continue;
            await viewers.get(member)?.links(user);
            // One of the rules that keep the user out keeps the member out from now on.
            const rule = w.log
              .rules(app.id)
              .find(({ id }) => model.rules.find((one) => one.id === id)?.users.has(user));
            if (rule && model.isBanned(user, 'users')) {
              model.live.delete(member);
              for (const one of model.rules) {
                const now = w.log.rules(app.id).find(({ id }) => id === one.id);
                const uid = w.log.uidOf(app.id, member);
                if (uid !== undefined && now?.members?.includes(uid)) one.members.add(member);
              }
              expect([step, model.isBanned(member, 'members')]).toEqual([step, true]);
              // Who has the user's very name is nobody else.
            } else if (model.live.get(member) !== undefined || member !== user) model.live.set(member, user);
          } else if (step.what === 'leave') {
            await viewers.get(step.member)?.leaves();
            model.live.delete(step.member);
          } else if (step.what === 'subscribe') {
            const { user } = step;
            const answer = await (await clientOf(user)).subscribes('lobby', { withPresence: false });
            expect([step, answer.type === 'refused']).toEqual([step, model.isBanned(user, 'users')]);
            if (answer.type === 'ok') model.subscribed.add(user);
          } else if (step.what === 'rule') {
            const whom = await w.signaling.backend.uidFor(app.id, step.name);
            const made = w.log.createRule(
              { app: app.id, channel: 'lobby', ...whom, privileges: ['join_channel'] },
              86_400_000,
            );
            await w.settled();
            const outcome = await made;
            if (!outcome.ok) throw new Error(outcome.code);
            const rule = model.meant(step.name, outcome.rule.id);
            model.rules.push(rule);
            model.putOut(rule);
          } else if (step.what === 'end a rule') {
            const [first, ...rest] = model.rules;
            if (!first) continue;
            const ended = w.log.deleteRule(app.id, first.id);
            await w.settled();
            expect((await ended).ok).toBe(true);
            model.rules = rest;
          } else {
            await w.crash();
            await w.start();
          }
          await w.settled();
          const live = Array.from(w.log.channel(liveKey(app.id, 'lobby'))?.roster ?? []);
          const there = live.map(({ uid, account, userId }) => [account ?? String(uid), userId]);
          expect([step, new Map(there as [])]).toEqual([step, new Map(model.live as Map<never, never>)]);
          expect([step, w.subscribers().sort()]).toEqual([step, [...model.subscribed].sort()]);
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
