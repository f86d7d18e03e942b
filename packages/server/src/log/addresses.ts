/** Who is connected from which address: so that a rule about an address finds its members. In memory only, never logged. */
export interface Attendance {
  readonly app: string;
  readonly channel: string;
  readonly uid: number;
  readonly connectionId: string;
}

export class Addresses {
  readonly #byAddress = new Map<string, Map<string, Attendance>>();
  readonly #ofConnection = new Map<string, string>();

  set(address: string, attendance: Attendance): void {
    this.delete(attendance);
    const there = this.#byAddress.get(address) ?? new Map<string, Attendance>();
    this.#byAddress.set(address, there.set(attendance.connectionId, attendance));
    this.#ofConnection.set(attendance.connectionId, address);
  }

  delete({ connectionId }: { connectionId: string }): void {
    const address = this.#ofConnection.get(connectionId);
    if (address === undefined) return;
    this.#ofConnection.delete(connectionId);
    const there = this.#byAddress.get(address);
    there?.delete(connectionId);
    if (there?.size === 0) this.#byAddress.delete(address);
  }

  of(address: string): readonly Attendance[] {
    return [...(this.#byAddress.get(address)?.values() ?? [])];
  }
}
