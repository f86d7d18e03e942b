import type { DemoToken } from '@housecount/client';
import AgoraRTC from '@housecount/rtc';
import { api } from '../api/client.ts';
import { serverAddress } from '../shell/base.ts';
import { nameOf } from '../words/person.ts';
import { wordsOfReason } from '../words/reasons.ts';
import type { Tracks } from './media/open-tracks.ts';
import { type FeedItem, withLine } from './panels/feed.ts';
import { endingOf, type Problem, roomProblem } from './problems.ts';
import type { Entry } from './room-memory.ts';
import type { Client, Person, RemoteUser } from './sdk.ts';

/** Milliseconds between two drawings of the room, so that a storm of joins does not freeze the page. */
const drawEveryMs = 100;

/** A host other than this page, with what it sends. */
export interface RemoteHost {
  readonly user: RemoteUser;
  readonly video: RemoteUser['videoTrack'];
  readonly hasAudio: boolean;
}

/** The members of the room, and the events in it. */
export interface Picture {
  readonly members: readonly Person[];
  readonly viewers: number;
  readonly hosts: readonly RemoteHost[];
  readonly feed: readonly FeedItem[];
}

/** The page that shows a stay: the stay reads from it, and reports to it. */
interface StayPage {
  /** The tracks that a host sends, as they are now. */
  tracks(): Tracks | undefined;
  isHosting(): boolean;
  live(): void;
  reconnecting(): void;
  ended(why: Problem): void;
  /** A step failed while the room goes on. */
  failed(problem: Problem): void;
  draw(picture: Picture): void;
  soundBlocked(): void;
}

/** A token that lets `account` into `channel`, from the server's development endpoint. */
export function demoToken({ channel, account }: Entry, role: Entry['role']): Promise<DemoToken> {
  return api.call('getDemoToken', { channel, account, role: role === 'host' ? 'broadcaster' : 'audience' });
}

/** One stay in the room of an entry, from the join to the leave. */
export class RoomStay {
  readonly #entry: Entry;
  readonly #page: StayPage;
  readonly #rtc: Client;
  readonly #starting: ReturnType<typeof setTimeout>;
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #joined = false;
  /** True once the stay ended, or nobody looks at it any more: nothing is reported after that. */
  #over = false;
  #feed: readonly FeedItem[] = [];
  #roster: Awaited<ReturnType<Client['roster']>> | undefined;
  /** Hosts that stepped back and are about to show up in the audience: that is no new arrival. */
  readonly #steppedBack = new Set<Person['uid']>();
  readonly #alreadyOnStage = new Set<Person['uid']>();

  constructor(entry: Entry, page: StayPage) {
    AgoraRTC.setParameter('HOUSECOUNT_URL', serverAddress());
    this.#entry = entry;
    this.#page = page;
    this.#rtc = AgoraRTC.createClient({ mode: 'live', codec: 'vp8' });
    this.#followAudience();
    this.#followHosts();
    this.#followConnection();
    AgoraRTC.on('autoplay-failed', this.#onBlocked);
    // The join begins in the next turn: a component that is mounted, unmounted and mounted again at once joins one time.
    this.#starting = setTimeout(() => void this.#join());
  }

  /** The client, once it is in. */
  get client(): Client | undefined {
    return this.#joined ? this.#rtc : undefined;
  }

  /** Leaves, and tells nothing any more. */
  stop(): void {
    this.#over = true;
    this.#joined = false;
    clearTimeout(this.#starting);
    clearTimeout(this.#drawing);
    AgoraRTC.off('autoplay-failed', this.#onBlocked);
    this.#rtc.removeAllListeners();
    this.#rtc.leave().catch(() => undefined);
  }

  async #join(): Promise<void> {
    const { role, channel, account } = this.#entry;
    try {
      const { app, token } = await demoToken(this.#entry, role);
      if (this.#over) return;
      await this.#rtc.setClientRole(role);
      await this.#rtc.join(app, channel, token, account);
      if (this.#over) return;
      this.#joined = true;
      this.#page.live();
      if (role === 'host') this.#tell('stage', 'You', 'went live');
      this.#roster = await this.#rtc.roster();
      for (const member of this.#roster.members.values())
        if (member.role === 'host') this.#alreadyOnStage.add(member.uid);
      for (const { uid } of this.#rtc.remoteUsers) this.#alreadyOnStage.delete(uid);
      this.#draw();
      const { audio, video } = this.#page.tracks() ?? {};
      const sent = [audio, video].filter((track) => track !== undefined);
      if (role === 'host' && sent.length > 0) await this.#rtc.publish(sent);
    } catch (error) {
      if (this.#joined) this.#page.failed(roomProblem(error));
      else this.#end(roomProblem(error));
    }
  }

  #followAudience(): void {
    const rtc = this.#rtc;
    const { account } = this.#entry;
    rtc.on('audience-joined', (member) => {
      const onStage = rtc.remoteUsers.some((user) => user.uid === member.uid);
      if (this.#steppedBack.delete(member.uid) || onStage || member.uid === account) this.#draw();
      else this.#tell('in', nameOf(member), 'joined');
    });
    rtc.on('audience-left', (member, reason) => {
      if (reason === 'became-host' || member.uid === account) this.#draw();
      else this.#tell('out', nameOf(member), `left (${wordsOfReason(reason)})`);
    });
    rtc.on('audience-count', () => this.#draw());
    rtc.on('member-interrupted', (member) => this.#tell('quiet', nameOf(member), 'is interrupted'));
    rtc.on('member-back', (member) => this.#tell('quiet', nameOf(member), 'is back'));
  }

  #followHosts(): void {
    const rtc = this.#rtc;
    rtc.on('user-joined', (user) => {
      // Hosts who were on stage when this page came are no news.
      if (this.#roster === undefined || this.#alreadyOnStage.delete(user.uid)) this.#draw();
      else this.#tell('stage', nameOf(user), 'came on stage');
    });
    rtc.on('user-left', (user, reason) => {
      if (reason === 'BecomeAudience') {
        if (this.#roster?.members.get(user.uid)?.role !== 'audience') this.#steppedBack.add(user.uid);
        this.#tell('stage', nameOf(user), 'stepped back');
      } else
        this.#tell('out', nameOf(user), `left (${wordsOfReason(reason === 'Quit' ? 'quit' : 'timeout')})`);
    });
    rtc.on('user-published', async (user, kind) => {
      try {
        await rtc.subscribe(user, kind);
        if (kind === 'audio') user.audioTrack?.play();
      } catch (error) {
        // The host may be gone again by now; then there is nothing to say.
        if (!this.#over && rtc.remoteUsers.includes(user)) this.#page.failed(roomProblem(error));
      }
      this.#draw();
    });
    rtc.on('user-unpublished', () => this.#draw());
  }

  #followConnection(): void {
    const rtc = this.#rtc;
    rtc.on('connection-state-change', (current, _before, reason) => {
      if (this.#over) return;
      if (current === 'CONNECTED') this.#page.live();
      else if (current === 'RECONNECTING') this.#page.reconnecting();
      else if (current === 'DISCONNECTED' && reason !== 'LEAVE') this.#end(endingOf(reason));
    });
    rtc.on('token-privilege-will-expire', async () => {
      try {
        const { token } = await demoToken(this.#entry, this.#page.isHosting() ? 'host' : 'audience');
        await rtc.renewToken(token);
      } catch (error) {
        this.#page.failed(roomProblem(error));
      }
    });
  }

  readonly #onBlocked = () => this.#page.soundBlocked();

  #draw(): void {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined;
      this.#page.draw({
        members: [...(this.#roster?.members.values() ?? [])],
        viewers: this.#roster?.audienceCount ?? 0,
        hosts: this.#rtc.remoteUsers.map((user) => ({
          user,
          video: user.videoTrack,
          hasAudio: user.hasAudio,
        })),
        feed: this.#feed,
      });
    }, drawEveryMs);
  }

  #tell(tone: FeedItem['tone'], name: string, words: string): void {
    this.#feed = withLine(this.#feed, { atMs: Date.now(), tone, name, words });
    this.#draw();
  }

  #end(why: Problem): void {
    if (this.#over) return;
    this.#over = true;
    this.#page.ended(why);
  }
}
