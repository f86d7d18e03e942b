import type { RosterMember } from '@housecount/protocol';
import type { Roster } from '@housecount/webhook';
import { SimRandom } from '../../test/simulation/sim-random.ts';
import { Client } from '../clients/client.ts';
import { ask } from '../clients/rest-client.ts';
import { type RtmUser, rtmToken, rtmUser } from '../clients/rtm-client.ts';
import { eachOnce } from '../models/people-roster.ts';
import { testApp, until } from '../processes/server-process.ts';
import type { Identity, Step } from './links.ts';
import { Person } from './person.ts';
import {
  FoldedPresence,
  followNotices,
  followRoster,
  followStream,
  Told,
  userIdOf,
  written,
} from './views.ts';

/** The host, whose page follows the roster. */
const hostUid = 1;
/** Time for all views to agree after a step, and for a link that is adrift to be given up, milliseconds: with room for a busy machine. */
const agreeWithinMs = 60_000;
/** The SDK lets itself be asked 20 times a second; REST, which says the same, is asked between. */
const sdkEveryMs = 100;

export interface WalkOptions {
  /** That of the webhook receiver. */
  readonly roster: Roster;
  /** Most have an id for each half, and pages that link them. */
  readonly isLinked?: boolean;
}

/**
 * People of one channel who come and go at random, by rtc, signaling or both, and everybody who is told of it: the native
 * roster stream, a webhook receiver, the signaling SDK, and REST. After each step what they say is compared.
 */
export class Walk {
  /** The number of times that each step was taken. */
  readonly taken = new Map<string, number>();
  readonly channel: string;
  readonly presence: FoldedPresence;
  readonly stream = new Told();
  /** The roster that the signaling SDK was told; empty before the walk has begun. */
  roster = new Told();
  readonly hooks: Told;
  readonly #random: SimRandom;
  readonly #people: readonly Person[];
  readonly #watcher: RtmUser;
  readonly #place: { readonly url: string; readonly channel: string };
  readonly #isLinked: boolean;
  #host: Client | undefined;
  #heard = 0;
  #seq = 0;
  #sdkAskedMs = 0;

  private constructor(
    url: string,
    seed: number,
    { roster, isLinked = false }: WalkOptions,
    watcher: RtmUser,
  ) {
    this.#isLinked = isLinked;
    this.channel = `walk ${seed}`;
    this.#place = { url, channel: this.channel };
    this.#random = new SimRandom(seed);
    this.#watcher = watcher;
    this.presence = new FoldedPresence(watcher, this.channel);
    this.hooks = followNotices(roster, this.channel);
    // A user has one session in an app: those of different walks are different people.
    const identities: readonly Identity[] = [
      ...[1, 2, 3, 4].map((at) => ({ uid: seed * 1_000 + at })),
      ...['ann', 'bob', 'cid', 'dan'].map((name) => ({ account: `${name} ${seed}` })),
    ];
    this.#people = identities.map((identity, at) => {
      // Some have one id for both halves all the same.
      const user = { userId: `user ${at} ${seed}`, screenUid: seed * 1_000 + 100 + at };
      return new Person(this.#place, identity, isLinked && at % 4 !== 3 ? user : undefined);
    });
  }

  static async begin(url: string, seed: number, options: WalkOptions): Promise<Walk> {
    const watcher = rtmUser(url, `watcher ${seed}`);
    await watcher.client.login({ token: rtmToken(`watcher ${seed}`) });
    const walk = new Walk(url, seed, options, watcher);
    await watcher.client.subscribe(walk.channel);
    walk.roster = followRoster(await watcher.client.roster(walk.channel));
    return walk;
  }

  /** One life of the channel: the host comes, others come and go for so many steps, all go. */
  async live(steps: number): Promise<void> {
    const { url, channel } = this.#place;
    this.#host = await Client.join({ url, channel, uid: hostUid, role: 'broadcaster' });
    this.#heard = 0;
    this.#host.send({ type: 'subscribe-roster', id: 1 });
    await this.#host.next('roster-snapshot');
    for (let at = 0; at < steps; at += 1) {
      const who = this.#random.pick(this.#people);
      const step = this.#random.pick([...who.steps(this.#random), ...this.#kicks(who)]);
      await this.#takes(who, step, at);
    }
    await until('what is adrift to be back or given up', () => this.#settled(), agreeWithinMs);
    for (const person of this.#people)
      for (const name of ['leave', 'the screen: leave', 'log out']) {
        const step = person.steps(this.#random).find((each) => each.name === name);
        if (step) await this.#takes(person, step, steps);
      }
    await this.#host.leave();
    this.stream.take(String(hostUid));
    await until('nobody', async () => (await this.#roster()).status === 404);
  }

  close(): void {
    this.#host?.drop();
    for (const person of this.#people) person.close();
  }

  async #takes(who: Person, step: Step, at: number): Promise<void> {
    let wrong = '';
    try {
      await step.run();
      this.taken.set(step.name, (this.taken.get(step.name) ?? 0) + 1);
      await until(
        'agreement',
        async () => {
          wrong = await this.#disagreement();
          return wrong === '';
        },
        agreeWithinMs,
      );
    } catch (cause) {
      throw new Error(`step ${at}, ${who.userId}: ${step.name}: ${wrong}`, { cause });
    }
  }

  #kicks(who: Person): readonly Step[] {
    if (!who.isAnywhere) return [];
    const path = `/v1/apps/${testApp.id}/rules`;
    const { channel } = this;
    const userId = this.#random.pick(who.names);
    const kick = async () => {
      const rule = { channel, userId, privileges: ['join_channel'], seconds: 600 };
      const made = await ask(this.#place.url, path, { send: rule });
      who.isKicked(userId);
      const ended = await ask(this.#place.url, `${path}/${made.body.id}`, { method: 'DELETE' });
      if (ended.status !== 200) throw new Error(`the rule: ${JSON.stringify([made, ended])}`);
    };
    return [{ name: userId === who.userId ? 'kick' : 'kick by a member', run: kick }];
  }

  #roster() {
    return ask(this.#place.url, `/v1/apps/${testApp.id}/channels/${this.channel}/roster?limit=1000`);
  }

  /** Asks REST who of those that dropped a link has been given up; true if nobody is adrift any more. */
  async #settled(): Promise<boolean> {
    const adrift = this.#people.filter(({ isAdrift }) => isAdrift);
    if (adrift.length === 0) return true;
    const { url } = this.#place;
    const [roster, subscribers] = await Promise.all([
      this.#roster(),
      ask(url, `/v1/apps/${testApp.id}/channels/${this.channel}/subscribers?limit=1000`),
    ]);
    const live = new Set<string>(roster.body.members.map(userIdOf));
    const subscribed = new Set<string>(
      subscribers.body.members.map(({ userId }: { userId: string }) => userId),
    );
    for (const { userId, memberId, screenId = '', rtc, screen, rtm } of adrift) {
      if (rtc.isAdrift && !live.has(memberId)) this.#count('an rtc link is given up', () => rtc.isGone());
      if (screen?.isAdrift && !live.has(screenId))
        this.#count('the screen: an rtc link is given up', () => screen.isGone());
      if (rtm.isAdrift && !subscribed.has(userId)) this.#count('a session is given up', () => rtm.isGone());
    }
    return this.#people.every(({ isAdrift }) => !isAdrift);
  }

  #count(what: string, act: () => void): void {
    act();
    this.taken.set(what, (this.taken.get(what) ?? 0) + 1);
  }

  /** The point on which the views do not agree yet; empty if they do. Throws where they never will. */
  async #disagreement(): Promise<string> {
    await this.#settled();
    const [{ body: rest }, online] = await Promise.all([this.#roster(), this.#online()]);
    this.#hearStream();
    const { sid, seq } = rest;
    const streamed = this.stream.of(`${sid} ${seq}`);
    const hooked = this.hooks.of(`${sid} ${seq}`);
    if (streamed === undefined) return `the stream is not at seq ${seq}`;
    if (hooked === undefined) return `the notices are not at seq ${seq}`;
    const rostered = this.roster.of(`${sid} ${seq}`);
    // Who is linked has another name in it than in the live channel, and from another time on.
    if (rostered === undefined && !this.#isLinked) return `the roster of the SDK is not at seq ${seq}`;
    const listed = written(
      rest.members.map((member: RosterMember) => [userIdOf(member), `${member.role} ${member.uid}`]),
    );
    if (listed !== streamed || listed !== hooked || (listed !== rostered && !this.#isLinked))
      throw new Error(
        `seq ${seq}: REST ${listed}; stream ${streamed}; notices ${hooked}; signaling ${rostered}`,
      );
    const people = new Map(online.users.map(({ userId, states }) => [userId, states]));
    if (online.users.length !== online.count || people.size !== online.count)
      throw new Error(`online are ${JSON.stringify(online)}`);
    const known = this.#people.filter(({ isAdrift }) => !isAdrift);
    const uidOf = (name: string) => /\d+$/.exec(this.stream.members.get(name) ?? '')?.[0] ?? '';
    for (const [what, said] of [
      ['online users', people],
      ['presence', this.presence.states],
    ] as const)
      for (const person of known) {
        const shown = new Map(person.shown(uidOf).map(({ userId, states }) => [userId, states]));
        for (const userId of person.names) {
          const [expected, got] = [shown.get(userId), said.get(userId)];
          if (!Bun.deepEquals(expected, got))
            return `${what}: ${userId} is ${JSON.stringify(got)} and not ${JSON.stringify(expected)}`;
        }
      }
    if (this.#isLinked) {
      eachOnce(online.users);
      const rosterNames = written(this.roster.members);
      const liveNames = known
        .flatMap((person) => person.shown(uidOf))
        .filter(({ states }) => 'uid' in states);
      for (const { userId, states } of liveNames)
        if (this.roster.members.get(userId) !== `${states.role} ${states.uid}`)
          return `the roster: ${userId} is not ${JSON.stringify(states)}: ${rosterNames}`;
    }
    for (const { memberId, rtc, screenId, screen } of known)
      for (const [name, link] of [
        [memberId, rtc],
        [screenId, screen],
      ] as const) {
        if (name === undefined) continue;
        const [role] = (this.stream.members.get(name) ?? '').split(' ');
        if ((role || undefined) !== (link?.isThere ? link.role : undefined))
          return `${name} is ${role} on the stream`;
      }
    return '';
  }

  /** The users that presence shows, by the SDK or by REST. */
  async #online(): Promise<{
    readonly count: number;
    readonly users: readonly { readonly userId: string; readonly states: Readonly<Record<string, string>> }[];
  }> {
    if (Date.now() - this.#sdkAskedMs >= sdkEveryMs) {
      this.#sdkAskedMs = Date.now();
      const { presence } = this.#watcher.client;
      const answer = await presence.getOnlineUsers(this.channel, 'MESSAGE', { includedState: true });
      return { count: answer.channelOccupancy, users: answer.occupants };
    }
    const path = `/v1/apps/${testApp.id}/channels/${this.channel}/users?with=states`;
    return (await ask(this.#place.url, path)).body;
  }

  #hearStream(): void {
    for (const frame of this.#host?.frames.slice(this.#heard) ?? []) {
      if (frame.type === 'roster-snapshot') {
        for (const member of frame.members) this.stream.put(userIdOf(member), member.role, member.uid);
        this.#seq = frame.seq;
        this.stream.at(frame.sid, frame.seq);
      } else if (frame.type === 'roster-changes')
        this.#seq = followStream(this.stream, frame.sid, frame.changes, this.#seq);
    }
    this.#heard = this.#host?.frames.length ?? 0;
  }
}
