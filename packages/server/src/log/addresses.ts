import type { SignalingKind } from '../channel/signaling.ts';

/** Who is connected from which address: so that a rule about an address finds its members. In memory only, never logged. */
export interface Attendance {
  readonly app: string;
  /** Absent: of a live channel. */
  readonly channelType?: SignalingKind;
  readonly channel: string;
  readonly uid: number;
  readonly connectionId: string;
}

export class Addresses {
  readonly #byAddress = new Map<string, Map<string, Attendance>>();
  readonly #ofPlace = new Map<string, string>();

  set(address: string, attendance: Attendance): void {
    this.delete(attendance);
    const there = this.#byAddress.get(address) ?? new Map<string, Attendance>();
    const place = placeOf(attendance);
    this.#byAddress.set(address, there.set(place, attendance));
    this.#ofPlace.set(place, address);
  }

  delete(attendance: Omit<Attendance, 'app' | 'uid'>): void {
    const place = placeOf(attendance);
    const address = this.#ofPlace.get(place);
    if (address === undefined) return;
    this.#ofPlace.delete(place);
    const there = this.#byAddress.get(address);
    there?.delete(place);
    if (there?.size === 0) this.#byAddress.delete(address);
  }

  of(address: string): readonly Attendance[] {
    return [...(this.#byAddress.get(address)?.values() ?? [])];
  }
}

/** A connection is in one live channel; a session of signaling may be in many channels. */
const placeOf = ({ connectionId, channelType, channel }: Omit<Attendance, 'app' | 'uid'>): string =>
  channelType === undefined ? connectionId : `${connectionId}/${channelType}/${channel}`;
