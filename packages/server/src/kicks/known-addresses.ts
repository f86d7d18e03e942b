import { type Channel, type ChannelKey, idOf } from '../channel/channel.ts';
import type { ChannelChange } from '../channel/decision.ts';
import type { Member } from '../channel/membership/member.ts';
import type { Refused } from '../log/contract/refused.ts';

/** A connection that is, or asks to be, of a member, and the address from which it came. */
export interface Arrival {
  readonly key: ChannelKey;
  readonly connectionId: string;
  readonly address: string;
}

interface Known extends Arrival {
  /** The attachment that came from there. */
  readonly attachment: number;
}

/**
 * The addresses from which the members of this edge came, in memory only: the one of the last join or resume, also while they have no socket.
 * One that asks to come in is known from before the log decides, so that no rule can come in between.
 */
export class KnownAddresses {
  /** By member. */
  readonly #members = new Map<string, Known>();
  /** Those of which the log has not decided yet. */
  readonly #arriving = new Set<Arrival>();

  /** Asks the log to take the connection on; if it does, the member comes from that address from now on. */
  async arrives<Outcome extends { readonly ok: true; readonly channel: Channel } | Refused>(
    arrival: Arrival,
    ask: () => Promise<Outcome>,
  ): Promise<Outcome> {
    this.#arriving.add(arrival);
    try {
      const outcome = await ask();
      const channel = outcome.ok ? outcome.channel : undefined;
      if (channel?.sid !== undefined)
        this.#took(arrival, channel.roster.getByConnection(arrival.connectionId));
      return outcome;
    } finally {
      this.#arriving.delete(arrival);
    }
  }

  /** A change of a channel: forgets the address of who left, or came back to another edge. */
  absorb(key: ChannelKey, change: ChannelChange): void {
    if (change.type !== 'member-left' && change.type !== 'link-live') return;
    const { connectionId } = change;
    const member = memberOf(key, change.uid);
    const known = this.#members.get(member);
    if (!known) return;
    const isSame = known.connectionId === connectionId;
    const isOver =
      change.type === 'member-left'
        ? isSame
        : (!isSame || known.attachment < (change.attachment ?? 0)) && !this.#isArriving(connectionId);
    if (isOver) this.#members.delete(member);
  }

  /** The connections of an app that came from the address, each once for each time that it came. */
  *of(app: string, address: string): IterableIterator<Arrival> {
    for (const each of this.#members.values())
      if (each.address === address && each.key.app === app) yield each;
    for (const each of this.#arriving) if (each.address === address && each.key.app === app) yield each;
  }

  #took({ key, connectionId, address }: Arrival, member: Member | undefined): void {
    // It is out again.
    if (!member) return;
    const { uid, attachment } = member;
    this.#members.set(memberOf(key, uid), { key, connectionId, address, attachment });
  }

  #isArriving(connectionId: string): boolean {
    for (const each of this.#arriving) if (each.connectionId === connectionId) return true;
    return false;
  }
}

const memberOf = (key: ChannelKey, uid: number): string => `${idOf(key)}/${uid}`;
