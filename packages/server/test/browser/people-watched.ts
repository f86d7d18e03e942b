/** An observer of a channel who is not seen in it, and keeps every list of people that any way of looking ever gave. */

import type { RTMRoster } from '../../../rtm/src/index.ts';
import { ask } from '../../testing/clients/rest-client.ts';
import { type RtmUser, rtmToken, rtmUser } from '../../testing/clients/rtm-client.ts';
import { testApp, until } from '../../testing/processes/server-process.ts';

/** Each list that was seen in one way, and that differs from the one before it. */
type Lists = string[][];

/** Milliseconds between two questions; the API allows 20 a second. */
const everyMs = 100;

export class PeopleWatched {
  /** By the way of looking: presence events, the rosters, and what is asked over and over. */
  readonly seen: Record<'events' | 'roster' | 'windows' | 'counts' | 'online' | 'whoNow', Lists> = {
    events: [],
    roster: [],
    windows: [],
    counts: [],
    online: [],
    whoNow: [],
  };
  readonly user: RtmUser;
  readonly #stop = new AbortController();
  #states: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map();
  #asking: Promise<void> = Promise.resolve();

  private constructor(
    private readonly url: string,
    readonly channel: string,
  ) {
    this.user = rtmUser(url, `observer of ${channel}`);
  }

  static async of(url: string, channel: string): Promise<PeopleWatched> {
    const made = new PeopleWatched(url, channel);
    await made.#begin();
    return made;
  }

  async #begin(): Promise<void> {
    const { client } = this.user;
    await client.login({ token: rtmToken(`observer of ${this.channel}`) });
    let online = new Set<string>();
    client.addEventListener('presence', ({ eventType, publisher, snapshot }) => {
      if (eventType === 'SNAPSHOT') online = new Set(snapshot?.map(({ userId }) => userId));
      else if (eventType === 'REMOTE_JOIN') {
        // A second join of somebody who is there would be a second entry in an app's list.
        if (online.has(publisher)) this.#keep('events', [...online, publisher]);
        online.add(publisher);
      } else if (eventType === 'REMOTE_LEAVE' || eventType === 'REMOTE_TIMEOUT') online.delete(publisher);
      this.#keep('events', [...online]);
    });
    await client.subscribe(this.channel, { beQuiet: true, withPresence: true });
    const follow = (roster: RTMRoster, kind: 'roster' | 'windows' | 'counts'): void => {
      const look = (): void => {
        if (kind === 'counts') this.#keep(kind, [String(roster.count)]);
        else this.#keep(kind, [...roster.members.keys()]);
      };
      roster.on('change', look);
      look();
    };
    follow(await client.roster(this.channel), 'roster');
    follow(await client.roster(this.channel, { first: 10 }), 'windows');
    follow(await client.roster(this.channel, { countOnly: true }), 'counts');
    this.#asking = this.#askOn();
  }

  async #askOn(): Promise<void> {
    const { presence } = this.user.client;
    while (!this.#stop.signal.aborted) {
      // What was refused, while the server is away, is asked again.
      const online = await presence
        .getOnlineUsers(this.channel, 'MESSAGE', { includedState: true })
        .catch(() => undefined);
      if (online) {
        this.#states = new Map(online.occupants.map(({ userId, states }) => [userId, states]));
        this.#keep(
          'online',
          online.occupants.map(({ userId }) => userId),
        );
      }
      const now = await presence.whoNow(this.channel, 'MESSAGE').catch(() => undefined);
      if (now)
        this.#keep(
          'whoNow',
          now.occupants.map(({ userId }) => userId),
        );
      await Bun.sleep(everyMs);
    }
  }

  #keep(kind: keyof PeopleWatched['seen'], list: readonly string[]): void {
    const sorted = [...list].sort();
    if (String(this.seen[kind].at(-1)) !== String(sorted)) this.seen[kind].push(sorted);
  }

  /** Who is there now, in each way of looking. */
  now(): Record<string, string[]> {
    return Object.fromEntries(Object.entries(this.seen).map(([kind, lists]) => [kind, lists.at(-1) ?? []]));
  }

  /** Waits until the server says these of a user's states; undefined: it has none of that name. */
  async shows(userId: string, wanted: Readonly<Record<string, string | undefined>>): Promise<void> {
    await until(`${JSON.stringify(wanted)} of ${userId}`, () => {
      const states = this.#states.get(userId);
      return states !== undefined && Object.entries(wanted).every(([key, value]) => states[key] === value);
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify([...this.#states])}`);
    });
  }

  /** The members of the live channel over REST, each `uid userId`. */
  async liveMembers(): Promise<string[]> {
    const { body } = await ask(
      this.url,
      `/v1/apps/${testApp.id}/channels/${encodeURIComponent(this.channel)}/roster`,
    );
    return body.members
      .map(({ uid, userId }: { uid: number; userId?: string }) => `${uid} ${userId ?? ''}`)
      .sort();
  }

  /** Forgets what was seen before now, but for the last of each. */
  forget(): void {
    for (const lists of Object.values(this.seen)) lists.splice(0, lists.length - 1);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#asking;
    await this.user.client.logout();
  }
}
