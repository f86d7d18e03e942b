import type { Evidence, Profile, Role } from '@housecount/protocol';
import type { ChannelLimits } from '../../src/channel/apply.ts';
import type { ChannelCommand } from '../../src/channel/command.ts';

/** Somebody in the model's list. Everything is a plain, changeable field. */
export interface Person {
  uid: number;
  role: Role;
  connectionId: string;
  kind: string;
  joinedMs: number;
  leaseMs: number;
  tokenEndsMs: number;
  /** Set while silent. */
  silence?: { heardMs: number; noticedMs: number; evidence: Evidence; endsMs: number };
}

/**
 * For tests: the rules CHAN1-CHAN20 once more, written from spec/membership.md in the slowest obvious way, sharing no code with the
 * server. It keeps a list of people and tells what an onlooker would write down.
 */
export class SlowModel {
  people: Person[] = [];
  profile: Profile | undefined;
  /** One line per event. */
  said: string[] = [];
  readonly #limits: ChannelLimits;

  constructor(limits: ChannelLimits) {
    this.#limits = limits;
  }

  /** What is refused changes nothing and returns the code. */
  ask(nowMs: number, command: ChannelCommand): string | undefined {
    const before = structuredClone({ people: this.people, profile: this.profile, said: this.said });
    if (command.type !== 'recover' && command.type !== 'blind') this.#expire(nowMs);
    const refused = this.#obey(nowMs, command);
    if (refused) Object.assign(this, before);
    return refused;
  }

  /** The earliest moment at which anything runs out. */
  due(): number | undefined {
    const ends = this.people.flatMap(({ silence, tokenEndsMs }) => [
      silence?.endsMs ?? Infinity,
      tokenEndsMs,
    ]);
    const first = Math.min(Infinity, ...ends);
    return first === Infinity ? undefined : first;
  }

  #expire(nowMs: number): void {
    for (const person of [...this.people]) {
      const leaseEndsMs = person.silence?.endsMs ?? Infinity;
      if (Math.min(leaseEndsMs, person.tokenEndsMs) > nowMs) continue;
      if (person.silence && leaseEndsMs <= person.tokenEndsMs) {
        const { evidence, heardMs, noticedMs } = person.silence;
        this.#goes(person, 'timeout', evidence, heardMs, noticedMs);
      } else this.#goes(person, 'token', 'token-end', person.silence?.heardMs ?? nowMs, nowMs);
    }
    this.#closeIfEmpty();
  }

  #goes(person: Person, reason: string, evidence: string, heardMs: number, noticedMs: number): void {
    this.people = this.people.filter((other) => other !== person);
    this.said.push(
      `left ${person.uid} ${person.role} ${reason} ${evidence} ${heardMs} ${noticedMs} ${this.people.length}`,
    );
    this.#lastUid = person.uid;
  }

  #lastUid = 0;
  #closeIfEmpty(): void {
    if (this.people.length > 0 || this.profile === undefined) return;
    this.profile = undefined;
    this.said.push(`closed ${this.#lastUid}`);
  }

  #obey(nowMs: number, command: ChannelCommand): string | undefined {
    if (command.type === 'join') return this.#join(nowMs, command);
    if (command.type === 'tick') return undefined;
    if (command.type === 'recover') {
      for (const person of this.people) {
        person.silence ??= {
          heardMs: Math.max(person.joinedMs, Math.min(nowMs, command.lastAliveMs)),
          noticedMs: nowMs,
          evidence: 'server-crash',
          endsMs: 0,
        };
        person.silence.endsMs = nowMs + command.recoveryMs;
      }
      return undefined;
    }
    if (command.type === 'blind') {
      for (const { silence } of this.people) if (silence) silence.endsMs += command.blindMs;
      return undefined;
    }
    if (command.type === 'kick') {
      for (const person of [...this.people]) {
        if (command.uid !== undefined && command.uid !== person.uid) continue;
        if (command.connectionIds && !command.connectionIds.includes(person.connectionId)) continue;
        this.#goes(person, 'kicked', 'kick', person.silence?.heardMs ?? nowMs, nowMs);
      }
      this.#closeIfEmpty();
      return undefined;
    }
    const person = this.people.find(({ connectionId }) => connectionId === command.connectionId);
    if (!person) return command.type === 'resume' ? 'resume_invalid' : 'not_joined';
    switch (command.type) {
      case 'leave': {
        const goodbye = ['bye', 'media-closed'].includes(command.evidence);
        const heardMs = goodbye ? nowMs : (person.silence?.heardMs ?? nowMs);
        const reason = goodbye
          ? 'quit'
          : ({ kick: 'kicked', 'new-device': 'replaced', 'token-end': 'token' }[command.evidence as string] ??
            'timeout');
        this.#goes(person, reason, command.evidence, heardMs, nowMs);
        this.#closeIfEmpty();
        return undefined;
      }
      case 'set-role': {
        if (this.profile === 'communication') return 'role_invalid';
        if (command.role === person.role) return undefined;
        if (command.role === 'broadcaster' && this.#hosts().length >= this.#limits.hostsMax)
          return 'hosts_full';
        person.role = command.role;
        this.said.push(`role ${person.uid} ${person.role} ${this.people.length}`);
        return undefined;
      }
      case 'silent': {
        const heardMs = Math.max(person.joinedMs, Math.min(nowMs, command.lastHeardMs));
        if (person.silence && heardMs <= person.silence.heardMs) return undefined;
        const endsMs = Math.max(heardMs + person.leaseMs, person.silence?.endsMs ?? 0);
        person.silence = { heardMs, noticedMs: nowMs, evidence: command.evidence, endsMs };
        return undefined;
      }
      case 'heard':
        delete person.silence;
        return undefined;
      case 'resume':
        delete person.silence;
        if (command.tokenEndsMs !== undefined) person.tokenEndsMs = command.tokenEndsMs;
        return undefined;
      case 'renew-token':
        person.tokenEndsMs = command.tokenEndsMs ?? Infinity;
        return undefined;
    }
  }

  #hosts(): Person[] {
    return this.people.filter(({ role }) => role === 'broadcaster');
  }

  #join(nowMs: number, command: Extract<ChannelCommand, { type: 'join' }>): string | undefined {
    if (this.people.some(({ connectionId }) => connectionId === command.connectionId))
      return 'already_joined';
    if (this.profile && command.profile && this.profile !== command.profile) return 'profile_mismatch';
    const profile = this.profile ?? command.profile ?? 'live';
    const role = profile === 'live' ? command.role : 'broadcaster';
    const { audioEndsMs = 0, videoEndsMs = 0 } = command.publish ?? {};
    if (command.publish && role === 'broadcaster' && audioEndsMs <= nowMs && videoEndsMs <= nowMs)
      return 'token_no_privilege';
    const old = this.people.find(({ uid }) => uid === command.uid);
    const tokenEndsMs = command.tokenEndsMs ?? Infinity;
    const comesBack =
      ['whip', 'whep'].includes(command.connectionKind) && old?.kind === command.connectionKind;
    const isKnown = old?.silence || old?.connectionId === command.formerConnectionId;
    if (old && isKnown && comesBack && old.role === role) {
      delete old.silence;
      Object.assign(old, { connectionId: command.connectionId, tokenEndsMs });
      return undefined;
    }
    if (this.people.filter((person) => person !== old).length >= this.#limits.membersMax)
      return 'channel_full';
    const otherHosts = this.#hosts().filter((person) => person !== old);
    if (role === 'broadcaster' && otherHosts.length >= this.#limits.hostsMax) return 'hosts_full';
    if (old) this.#goes(old, 'replaced', 'new-device', old.silence?.heardMs ?? nowMs, nowMs);
    if (this.profile === undefined) {
      this.profile = profile;
      this.said.push(`opened ${profile}`);
    }
    const { uid, connectionId, connectionKind: kind, leaseMs } = command;
    this.people.push({ uid, role, connectionId, kind, joinedMs: nowMs, leaseMs, tokenEndsMs });
    this.said.push(`joined ${uid} ${role} ${this.people.length}`);
    return undefined;
  }
}
