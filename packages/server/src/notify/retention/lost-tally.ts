import type { ChannelEvent, EventsLost } from '@housecount/protocol';
import { limits as defaults } from '../../limits.ts';

/** Adds up events that are lost to an endpoint: one entry per life of a channel, and one for what is beyond the limit. */
export class LostTally {
  readonly #app: string;
  readonly #atMs: number;
  readonly #livesMax: number;
  /** Losses by sid. */
  readonly #lives = new Map<string, EventsLost>();
  #rest: EventsLost | undefined;
  #events = 0;

  /** `pending` is told already counted, not yet told to the endpoint; `atMs`: now, epoch milliseconds. */
  constructor(
    app: string,
    pending: readonly EventsLost[],
    atMs: number,
    livesMax: number = defaults.lostLivesMax,
  ) {
    this.#app = app;
    this.#livesMax = livesMax;
    this.#atMs = atMs;
    for (const lost of pending) {
      if (lost.range) this.#lives.set(lost.range.sid, lost);
      else this.#rest = lost;
    }
  }

  /** The number of events added. */
  get events(): number {
    return this.#events;
  }

  add({ channel, sid, seq, atMs: eventMs }: ChannelEvent): void {
    this.#events += 1;
    const known = this.#lives.get(sid);
    if (known?.range) {
      const range = { ...known.range, toSeq: seq };
      this.#lives.set(sid, this.#one(known, eventMs, { range }));
    } else if (this.#lives.size < this.#livesMax) {
      this.#lives.set(
        sid,
        this.#one(undefined, eventMs, { range: { channel, sid, fromSeq: seq, toSeq: seq } }),
      );
    } else this.#rest = this.#one(this.#rest, eventMs, {});
  }

  /** Events that cannot be counted any more, the last of them before `toMs`, epoch milliseconds. */
  addUnknown(toMs: number): void {
    const { fromMs } = this.#rest ?? {};
    this.#rest = {
      type: 'events-lost',
      app: this.#app,
      ...(fromMs !== undefined && { fromMs }),
      toMs,
      atMs: this.#atMs,
    };
  }

  list(): readonly EventsLost[] {
    return [...this.#lives.values(), ...(this.#rest ? [this.#rest] : [])];
  }

  #one(before: EventsLost | undefined, eventMs: number, more: Pick<EventsLost, 'range'>): EventsLost {
    const known = before ? before.events : 0;
    return {
      type: 'events-lost',
      app: this.#app,
      ...more,
      ...(known !== undefined && { events: known + 1 }),
      fromMs: before?.fromMs ?? eventMs,
      toMs: eventMs,
      atMs: this.#atMs,
    };
  }
}
