import { type ChannelKey, idOf } from '../channel/channel.ts';

/** A connection at an address, by which a rule about the address finds its members. In memory only, never logged. */
export interface Attendance {
  readonly key: ChannelKey;
  readonly uid: number;
  readonly connectionId: string;
}

export class Addresses {
  readonly #byAddress = new Map<string, Map<string, Attendance>>();
  readonly #ofPlace = new Map<string, string>();

  set(address: string, attendance: Attendance): void {
    const { key, connectionId } = attendance;
    this.delete(key, connectionId);
    const there = this.#byAddress.get(address) ?? new Map<string, Attendance>();
    const place = placeOf(key, connectionId);
    this.#byAddress.set(address, there.set(place, attendance));
    this.#ofPlace.set(place, address);
  }

  delete(key: ChannelKey, connectionId: string): void {
    const place = placeOf(key, connectionId);
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
const placeOf = (key: ChannelKey, connectionId: string): string =>
  key.kind === 'live' ? connectionId : `${connectionId}/${idOf(key)}`;
