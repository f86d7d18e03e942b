import type { Evidence, Profile, Role } from '@housecount/protocol';
import type { ChannelLimits } from '../../src/channel/apply.ts';
import type { ChannelCommand } from '../../src/channel/command.ts';
import { SlowLocks, SlowMetadata } from './slow-parts.ts';
import type { Happening } from './test-channel.ts';

const isHappening = (command: ChannelCommand | Happening): command is Happening =>
  command.type === 'recover' || command.type === 'blind' || command.type === 'show';

/** Somebody in the model's list. Everything is a plain, changeable field. */
export interface Person {
  uid: number;
  role: Role;
  connectionId: string;
  /** The number of the attachment that backs them, and the newest attempt of its client. */
  attachment: number;
  attempt: number;
  kind: string;
  joinedMs: number;
  /** How many events of the channel's life there were when they had come. */
  joinedSeq: number;
  leaseMs: number;
  tokenEndsMs: number;
  quiet: boolean;
  /** Whose person they are over signaling: a user's, by their page or by their token; nobody's yet, or for sure; or not proven to be anybody's. */
  user: string;
  userBy: '' | 'page' | 'token';
  awaited: boolean;
  unproven: boolean;
  /** What they send over their present connection. */
  streams: Set<'audio' | 'video'>;
  states: Record<string, string>;
  /** The meta text of each topic that they publish in. */
  topics: Record<string, string>;
  /** Set while silent. */
  silence?: { heardMs: number; noticedMs: number; evidence: Evidence; endsMs: number; untold?: boolean };
}

/**
 * A model for tests: the rules CHAN1-CHAN20, CHAN25-CHAN32, CHAN33 and PERSON1-PERSON6 once more, written from spec/membership.md and spec/live/person.md, and those of states, topics, metadata and locks, in the slowest obvious way, sharing no code with the
 * server. It keeps a list of people and tells what an onlooker would write down.
 */
export class SlowModel {
  people: Person[] = [];
  profile: Profile | undefined;
  /** The id of the channel's life, and its events so far. */
  life: { sid: string; seq: number } = { sid: '', seq: 0 };
  /** One line per event. */
  said: string[] = [];
  /** The last number of each uid, of an event or an attachment; never forgotten. */
  numbers = new Map<number, number>();
  metadata: SlowMetadata;
  locks: SlowLocks;
  readonly #limits: ChannelLimits;
  readonly #mayBeQuiet: boolean;
  readonly #isOfOne: boolean;

  constructor(limits: ChannelLimits, { mayBeQuiet = false, isOfOne = false } = {}) {
    this.#limits = limits;
    this.#mayBeQuiet = mayBeQuiet;
    this.#isOfOne = isOfOne;
    this.metadata = new SlowMetadata(limits);
    this.locks = new SlowLocks(limits);
  }

  /** Obeys a command. One that is refused changes nothing, and its code is returned. */
  ask(nowMs: number, command: ChannelCommand | Happening): string | undefined {
    const { people, profile, said, numbers, life } = this;
    const before = structuredClone({ people, profile, said, numbers, life, locks: this.locks.list });
    this.#left = 0;
    if (!isHappening(command)) this.#expire(nowMs, command);
    this.#nowMs = nowMs;
    const refused = this.#obey(nowMs, command);
    if (refused) {
      const { locks, ...rest } = before;
      Object.assign(this, rest);
      this.locks.list = locks;
    }
    return refused;
  }

  /** The earliest moment at which anything runs out. */
  due(): number | undefined {
    const ends = this.people.flatMap(({ silence, tokenEndsMs }) => [
      silence?.endsMs ?? Infinity,
      tokenEndsMs,
    ]);
    const locks = this.locks.list.map(({ endsMs }) => endsMs ?? Infinity);
    const first = Math.min(Infinity, ...ends, ...locks);
    return first === Infinity ? undefined : first;
  }

  #nowMs = 0;
  /** How many have left by the command so far. */
  #left = 0;
  #say(line: string): void {
    this.said.push(line);
    this.life.seq += 1;
  }

  #hasEnded(person: Person, nowMs: number): boolean {
    return Math.min(person.silence?.endsMs ?? Infinity, person.tokenEndsMs) <= nowMs;
  }

  /** Those who have ended leave; of more than may at once the first, or those that the command names. */
  #expire(nowMs: number, command: ChannelCommand): void {
    this.locks.expire(nowMs);
    let ended = this.people.filter((person) => this.#hasEnded(person, nowMs));
    const most = this.#limits.transactionMembersMax;
    if (ended.length > most) {
      const isAll =
        command.type === 'tick' ||
        (command.type === 'kick' && command.uid === undefined && !command.connectionIds);
      ended = isAll ? ended.slice(0, most) : ended.filter((person) => this.#isNamed(person, command));
      if (command.type === 'kick') ended = ended.slice(0, most);
    }
    for (const person of ended) {
      const leaseEndsMs = person.silence?.endsMs ?? Infinity;
      if (person.silence && leaseEndsMs <= person.tokenEndsMs) {
        const { evidence, heardMs, noticedMs } = person.silence;
        this.#goes(nowMs, person, 'timeout', evidence, heardMs, noticedMs);
      } else this.#goes(nowMs, person, 'token', 'token-end', person.silence?.heardMs ?? nowMs, nowMs);
    }
    this.#closeIfEmpty();
  }

  #isNamed(person: Person, command: ChannelCommand): boolean {
    if (command.type === 'kick') return this.#fits(person, command);
    if ((command.type === 'join' || command.type === 'resume') && command.uid === person.uid) return true;
    return 'connectionId' in command && command.connectionId === person.connectionId;
  }

  #fits(person: Person, { uid, connectionIds, arrivedBy }: Extract<ChannelCommand, { type: 'kick' }>) {
    if (arrivedBy && arrivedBy.sid !== this.life.sid) return false;
    if (arrivedBy && person.joinedSeq > arrivedBy.seq) return false;
    if (uid !== undefined && uid !== person.uid) return false;
    return !connectionIds || connectionIds.includes(person.connectionId);
  }

  /** The next number of a uid: above its last one, and not before now. */
  #next(nowMs: number, uid: number): number {
    const next = Math.max((this.numbers.get(uid) ?? 0) + 1, nowMs);
    this.numbers.set(uid, next);
    return next;
  }

  #goes(
    nowMs: number,
    person: Person,
    reason: string,
    evidence: string,
    heardMs: number,
    noticedMs: number,
  ): void {
    this.#next(nowMs, person.uid);
    this.people = this.people.filter((other) => other !== person);
    this.#left += 1;
    this.#say(
      `left ${person.uid} ${person.role} ${reason} ${evidence} ${heardMs} ${noticedMs} ${this.people.length}`,
    );
    this.#lastUid = person.uid;
  }

  #lastUid = 0;
  #closeIfEmpty(): void {
    if (this.people.length > 0 || this.profile === undefined) return;
    this.profile = undefined;
    if (!this.#isOfOne) this.#say(`closed ${this.#lastUid}`);
  }

  #obey(nowMs: number, command: ChannelCommand | Happening): string | undefined {
    if (command.type === 'join') return this.#join(nowMs, command);
    if (command.type === 'tick') return undefined;
    if (command.type === 'recover') {
      for (const person of this.people) {
        person.silence ??= {
          heardMs: Math.max(person.joinedMs, Math.min(nowMs, command.lastAliveMs)),
          noticedMs: nowMs,
          evidence: 'server-crash',
          endsMs: 0,
          untold: true,
        };
        person.silence.endsMs = nowMs + command.recoveryMs;
        person.streams = new Set();
      }
      this.locks.recover(nowMs + command.recoveryMs);
      return undefined;
    }
    if (command.type === 'blind') {
      const later = (endsMs: number) =>
        command.endsFromMs === undefined ? endsMs + command.blindMs : Math.max(endsMs, command.endsFromMs);
      for (const { silence } of this.people) if (silence) silence.endsMs = later(silence.endsMs);
      this.locks.blind(later);
      return undefined;
    }
    if (command.type === 'show') {
      for (const { silence } of this.people) if (silence) silence.untold = false;
      return undefined;
    }
    if (command.type === 'kick') {
      for (const person of [...this.people]) {
        if (this.#left >= this.#limits.transactionMembersMax) break;
        if (!this.#fits(person, command)) continue;
        this.#goes(nowMs, person, 'kicked', 'kick', person.silence?.heardMs ?? nowMs, nowMs);
      }
      this.#closeIfEmpty();
      return undefined;
    }
    if (!('connectionId' in command)) return this.#part(nowMs, command);
    if (command.type === 'resume') return this.#resume(nowMs, command);
    const person = this.people.find(({ connectionId }) => connectionId === command.connectionId);
    if (!person) return 'not_joined';
    const isLate = 'attachment' in command && ![undefined, person.attachment].includes(command.attachment);
    if (isLate) return undefined;
    return this.#obeyTo(person, nowMs, command);
  }

  #resume(nowMs: number, command: Extract<ChannelCommand, { type: 'resume' }>): string | undefined {
    const { uid, account, connectionId, attempt = 0, tokenEndsMs } = command;
    const person = this.people.find((each) =>
      uid === undefined ? each.connectionId === connectionId : each.uid === uid,
    );
    // Nobody in the model has an account.
    if (!person || account !== undefined) return 'resume_invalid';
    if (person.connectionId !== connectionId || attempt < person.attempt) return 'replaced';
    delete person.silence;
    person.attempt = attempt;
    person.attachment = this.#next(nowMs, person.uid);
    if (tokenEndsMs !== undefined) person.tokenEndsMs = tokenEndsMs;
    else if (command.tokenNeverEnds) person.tokenEndsMs = Infinity;
    this.#named(person, command.userId);
    return undefined;
  }

  /** A token that names a user too. */
  #named(person: Person, user: string | undefined): void {
    if (user !== undefined && person.userBy !== 'page') this.#belongs(person, user, 'token');
  }

  #belongs(person: Person, user: string, userBy: 'page' | 'token'): void {
    Object.assign(person, { user, userBy, awaited: false });
    if (userBy === 'token') person.unproven = false;
  }

  /** Obeys a command about somebody who is in it. */
  #obeyTo(
    person: Person,
    nowMs: number,
    command: Exclude<Extract<ChannelCommand, { connectionId: string }>, { type: 'join' | 'resume' }>,
  ): string | undefined {
    switch (command.type) {
      case 'leave': {
        const goodbye = ['bye', 'media-closed'].includes(command.evidence);
        const heardMs = goodbye ? nowMs : (person.silence?.heardMs ?? nowMs);
        const reason = goodbye
          ? 'quit'
          : ({ kick: 'kicked', 'new-device': 'replaced', 'token-end': 'token' }[command.evidence as string] ??
            'timeout');
        this.#goes(nowMs, person, reason, command.evidence, heardMs, nowMs);
        this.#closeIfEmpty();
        return undefined;
      }
      case 'set-role': {
        if (this.profile === 'communication') return 'role_invalid';
        if (command.role === person.role) return undefined;
        if (command.role === 'broadcaster' && this.#hosts().length >= this.#limits.hostsMax)
          return 'hosts_full';
        person.role = command.role;
        if (person.role === 'audience') person.streams = new Set();
        this.#next(nowMs, person.uid);
        this.#say(`role ${person.uid} ${person.role} ${this.people.length}`);
        return undefined;
      }
      case 'set-streams': {
        const { audio, video } = command;
        if (person.role !== 'broadcaster') return undefined;
        person.streams = setOf({ audio, video });
        return undefined;
      }
      case 'silent': {
        const heardMs = Math.max(person.joinedMs, Math.min(nowMs, command.lastHeardMs));
        if (person.silence && heardMs <= person.silence.heardMs) return undefined;
        const { endsFromMs = 0 } = command;
        const endsMs = Math.max(heardMs + person.leaseMs, person.silence?.endsMs ?? 0, endsFromMs);
        person.silence = { heardMs, noticedMs: nowMs, evidence: command.evidence, endsMs };
        return undefined;
      }
      case 'heard':
        delete person.silence;
        return undefined;
      case 'renew-token':
        person.tokenEndsMs = command.tokenEndsMs ?? Infinity;
        this.#named(person, command.userId);
        return undefined;
      case 'link':
        person.awaited = false;
        // Of a uid that spells the user's id: they are one as it is, unless that is not proven.
        if (person.user === '' && !person.unproven && command.userId === String(person.uid)) return undefined;
        if (command.userId !== undefined) this.#belongs(person, command.userId, 'page');
        return undefined;
      case 'change-states': {
        const states: Record<string, string> = command.remove === 'all' ? {} : { ...person.states };
        for (const name of command.remove === 'all' ? [] : command.remove) delete states[name];
        Object.assign(states, command.set);
        if (Object.keys(states).length > this.#limits.statesMax) return 'states_full';
        person.states = states;
        return undefined;
      }
      case 'join-topic': {
        const { topic, meta } = command;
        const pairs = this.people.flatMap(({ topics }) => Object.keys(topics));
        if (!(topic in person.topics)) {
          if (Object.keys(person.topics).length >= this.#limits.topicsMax) return 'topics_full';
          if (pairs.length >= this.#limits.publishersMax) return 'publishers_full';
        }
        person.topics[topic] = meta;
        return undefined;
      }
      case 'leave-topic':
        if (!(command.topic in person.topics)) return 'topic_not_joined';
        delete person.topics[command.topic];
        return undefined;
    }
  }

  /** Obeys a command about the channel itself, whoever is in it. */
  #part(
    nowMs: number,
    command: Exclude<ChannelCommand, { connectionId: string } | { type: 'join' | 'kick' | 'tick' }>,
  ): string | undefined {
    if (command.type !== 'change-metadata') return this.locks.ask(command);
    const { lockName, author } = command;
    if (lockName !== '' && this.locks.ownerOf(lockName) !== author) return 'lock_not_held';
    return this.metadata.ask(nowMs, command);
  }

  /** Those who take a place: who has ended and waits to be put out takes none. */
  #present(): Person[] {
    return this.people.filter((person) => !this.#hasEnded(person, this.#nowMs));
  }

  #hosts(): Person[] {
    return this.#present().filter(({ role }) => role === 'broadcaster');
  }

  #join(nowMs: number, command: Extract<ChannelCommand, { type: 'join' }>): string | undefined {
    const present = this.people.find(({ connectionId }) => connectionId === command.connectionId);
    if (present && !this.#mayBeQuiet) return 'already_joined';
    if (present) {
      present.quiet = command.quiet ?? false;
      return undefined;
    }
    if (this.profile && command.profile && this.profile !== command.profile) return 'profile_mismatch';
    const profile = this.profile ?? command.profile ?? 'live';
    const role = profile === 'live' ? command.role : 'broadcaster';
    const { audioEndsMs = 0, videoEndsMs = 0 } = command.publish ?? {};
    if (command.publish && role === 'broadcaster' && audioEndsMs <= nowMs && videoEndsMs <= nowMs)
      return 'token_no_privilege';
    const old = this.#isOfOne ? this.people[0] : this.people.find(({ uid }) => uid === command.uid);
    const tokenEndsMs = command.tokenEndsMs ?? Infinity;
    const comesBack =
      ['whip', 'whep'].includes(command.connectionKind) && old?.kind === command.connectionKind;
    const isKnown = old?.silence || old?.connectionId === command.formerConnectionId;
    if (old?.uid === command.uid && isKnown && comesBack && old.role === role) {
      delete old.silence;
      const attachment = this.#next(nowMs, old.uid);
      const streams = setOf(command.role === 'broadcaster' ? command.streams : undefined);
      Object.assign(old, { connectionId: command.connectionId, tokenEndsMs, attachment, streams });
      this.#named(old, command.userId);
      return undefined;
    }
    const otherHosts = this.#hosts().filter((person) => person !== old);
    if (role === 'broadcaster' && otherHosts.length >= this.#limits.hostsMax) return 'hosts_full';
    if (this.#present().filter((person) => person !== old).length >= this.#limits.membersMax)
      return 'channel_full';
    if (old) this.#goes(nowMs, old, 'replaced', 'new-device', old.silence?.heardMs ?? nowMs, nowMs);
    if (this.profile === undefined || this.#isOfOne) {
      this.profile = profile;
      this.life = { sid: command.newSid, seq: 0 };
      if (!this.#isOfOne) this.#say(`opened ${profile}`);
    }
    const { uid, connectionId, connectionKind: kind, leaseMs, quiet = false, userId: user = '' } = command;
    const awaited = user === '' && (command.linkAwaited ?? false);
    const unproven = user === '' && (command.unproven ?? false);
    const linked = { user, userBy: user === '' ? ('' as const) : ('token' as const), awaited, unproven };
    const streams = setOf(command.role === 'broadcaster' ? command.streams : undefined);
    const nothing = { states: {}, topics: {}, streams };
    const own = { ...linked, ...nothing, quiet, attachment: this.#next(nowMs, uid), attempt: 0 };
    this.#say(`joined ${uid} ${role} ${this.people.length + 1}`);
    const joinedSeq = this.life.seq;
    this.people.push({
      ...{ uid, role, connectionId, kind, joinedMs: nowMs, joinedSeq, leaseMs, tokenEndsMs },
      ...own,
    });
    return undefined;
  }
}

const setOf = ({ audio = false, video = false } = {}): Person['streams'] =>
  new Set([...(audio ? (['audio'] as const) : []), ...(video ? (['video'] as const) : [])]);
