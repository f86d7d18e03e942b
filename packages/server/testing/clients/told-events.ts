import type { AgoraNotice, StandardBatch, StandardNotice } from '@housecount/protocol';

/** One event as a receiver was told it, once; the same whatever the format. */
export interface ToldEvent {
  readonly noticeId: string;
  readonly sid: string;
  readonly seq: number;
  /** The member that it is about; undefined for the channel's own. */
  readonly uid: number | undefined;
  /** Everything that copies have in common: in `agora`, the body but for `notifyMs`. */
  readonly content: string;
}

/** The events that one endpoint was told, over all lives of the server, and the promises that they break. */
export class ToldEvents {
  readonly violations: string[] = [];
  readonly #byPlace = new Map<string, ToldEvent>();
  readonly #placeOfId = new Map<string, string>();
  readonly #copies = new Map<string, number>();
  /** Per member: the greatest seq told for the first time, and the greatest told by the present server. */
  readonly #newest = new Map<string, number>();
  readonly #newestOfServer = new Map<string, number>();

  /** Takes a request's body, of any format. */
  take(body: string): readonly ToldEvent[] {
    const told = toldBy(body);
    const newestOfBody = new Map<string, number>();
    for (const event of told) {
      this.#take(event);
      if (event.uid === undefined) continue;
      this.#inOrder(newestOfBody, memberOf(event), event.seq, 'in one body');
    }
    // A request of several events is repeated as a whole: it may go back, but not end before what was told already.
    for (const [member, seq] of newestOfBody)
      this.#inOrder(this.#newestOfServer, member, seq, 'by one server');
    return told;
  }

  /** The server is another one from now on: it may begin with copies. */
  serverKilled(): void {
    this.#newestOfServer.clear();
  }

  /** The number of times that an event was told; 0: never. */
  times(sid: string, seq: number): number {
    return this.#copies.get(`${sid} ${seq}`) ?? 0;
  }

  get places(): ReadonlyMap<string, ToldEvent> {
    return this.#byPlace;
  }

  #take(event: ToldEvent): void {
    const { noticeId, sid, seq, uid, content } = event;
    const place = `${sid} ${seq}`;
    const known = this.#byPlace.get(place);
    this.#byPlace.set(place, known ?? event);
    this.#copies.set(place, (this.#copies.get(place) ?? 0) + 1);
    if (known && known.noticeId !== noticeId)
      this.violations.push(`${place} was told as ${known.noticeId} and as ${noticeId}`);
    else if (known && known.content !== content)
      this.violations.push(`copies of ${place} differ: ${known.content} ${content}`);
    const other = this.#placeOfId.get(noticeId);
    this.#placeOfId.set(noticeId, place);
    if (other !== undefined && other !== place)
      this.violations.push(`${noticeId} stands for ${other} and for ${place}`);
    if (uid === undefined) return;
    if (!known) this.#inOrder(this.#newest, memberOf(event), seq, 'for the first time');
  }

  #inOrder(newest: Map<string, number>, member: string, seq: number, how: string): void {
    const before = newest.get(member) ?? 0;
    if (seq < before) this.violations.push(`${member}: ${seq} was told after ${before}, ${how}`);
    newest.set(member, Math.max(seq, before));
  }
}

const memberOf = ({ sid, uid }: ToldEvent) => `${sid} ${uid}`;

function toldBy(body: string): readonly ToldEvent[] {
  const value = JSON.parse(body) as AgoraNotice | StandardNotice | StandardBatch;
  if (Array.isArray(value)) return (value as StandardNotice[]).map(toldByStandard);
  if ('id' in value) return [toldByStandard(value as StandardNotice)];
  const { noticeId, sid, payload } = value as AgoraNotice;
  const content = body.replace(/"notifyMs":\d+/, '"notifyMs":0');
  return [{ noticeId, sid, seq: payload.seq, uid: payload.uid, content }];
}

function toldByStandard(notice: StandardNotice): ToldEvent {
  const uid = 'uid' in notice.data ? notice.data.uid : undefined;
  return { noticeId: notice.id, sid: notice.sid, seq: notice.seq, uid, content: JSON.stringify(notice) };
}
