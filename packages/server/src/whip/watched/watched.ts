import type { MemberLeft } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import { fixed } from '../../fixed-limits.ts';
import type { MediaMarks } from '../../log/contract/media-marks.ts';
import type { MediaEngine, SessionReport } from '../../media/contract.ts';
import type { MediaSession } from '../session/media-session.ts';
import { type Side, type Stay, StaySeconds } from './stay-seconds.ts';

export interface WatchedNeeds {
  readonly log: MediaMarks;
  readonly media: Pick<MediaEngine, 'stats'>;
  readonly clock: Pick<Clock, 'after' | 'steadyMs'>;
}

/** The engine's word on the seconds of sessions. */
type Seconds = Extract<SessionReport, { type: 'seconds' }>;

/** Sums up, for each stay, the seconds in which its media sessions carried anything, and records them as marks. */
export class WatchedTime {
  readonly #needs: WatchedNeeds;
  readonly #stays = new Set<StaySeconds>();
  /** Those of whom no leave is known, by life of the channel and uid. */
  readonly #present = new Map<string, StaySeconds>();
  /** Sessions of which the engine has not said the last. */
  readonly #sessions = new Map<string, { readonly of: StaySeconds; readonly side: Side }>();
  #cancelSweep: (() => void) | undefined;
  #isStopping = false;
  #writing: Promise<void> | undefined;

  constructor(needs: WatchedNeeds) {
    this.#needs = needs;
  }

  /** The session carries media of this stay from now on. Once is enough. */
  begin({ id, kind }: Pick<MediaSession, 'id' | 'kind'>, stay: Stay): void {
    if (this.#sessions.has(id)) return;
    const of = this.#of(stay);
    of.sessions.add(id);
    this.#sessions.set(id, { of, side: kind === 'whip' ? 'published' : 'watched' });
    this.#sweepLater();
  }

  take({ first, sessions }: Seconds): void {
    for (const { session, bits, isLast } of sessions) {
      const known = this.#sessions.get(session);
      if (!known) continue;
      known.of.add(known.side, first, bits);
      if (!isLast) continue;
      this.#sessions.delete(session);
      known.of.sessions.delete(session);
    }
  }

  /** A member of a live channel left. */
  left({ sid, uid, seq }: Pick<MemberLeft, 'sid' | 'uid' | 'seq'>): void {
    const stay = this.#present.get(keyOf({ sid, uid }));
    // Media of the next stay may be heard of before the leave that came first.
    if (!stay || seq < stay.stay.joinedSeq) return;
    this.#goes(stay);
  }

  /** The engine was killed, and started again: what it had said stands. */
  engineLost(): void {
    this.#sessions.clear();
    for (const stay of this.#stays) stay.engineLost();
  }

  /** Records what is unsaid, once the engine has said the last of the sessions that were closed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelSweep?.();
    if (this.#sessions.size > 0) await this.#lastWords();
    await this.#writing;
    const unsaid = [...this.#stays].filter(({ hasLastWord }) => hasLastWord);
    for (let from = 0; from < unsaid.length; from += fixed.watchedMarksMax)
      await this.#write(unsaid.slice(from, from + fixed.watchedMarksMax));
  }

  /** The engine's answer comes after all that it had to say before; one that hangs is not waited for. */
  async #lastWords(): Promise<void> {
    const { media, clock } = this.#needs;
    const answered = media.stats().then(
      () => undefined,
      () => undefined,
    );
    let cancel = (): void => undefined;
    const isLate = new Promise<void>((resolve) => {
      cancel = clock.after(fixed.watchedStopMs, resolve);
    });
    await Promise.race([answered, isLate]);
    cancel();
  }

  #of(stay: Stay): StaySeconds {
    const present = this.#present.get(keyOf(stay));
    if (present?.stay.joinedSeq === stay.joinedSeq) return present;
    if (present) this.#goes(present);
    const begun = new StaySeconds(stay, this.#needs.clock.steadyMs());
    this.#stays.add(begun);
    this.#present.set(keyOf(stay), begun);
    return begun;
  }

  #goes(stay: StaySeconds): void {
    stay.left(this.#needs.clock.steadyMs());
    this.#present.delete(keyOf(stay.stay));
  }

  #sweepLater(): void {
    // A join that was under way at the stop may begin a stay after it.
    if (this.#isStopping) return;
    this.#cancelSweep ??= this.#needs.clock.after(fixed.watchedSweepMs, () => {
      this.#cancelSweep = undefined;
      this.#sweep();
      if (this.#stays.size > 0) this.#sweepLater();
    });
  }

  #sweep(): void {
    // One transaction at a time: while the log cannot be written, seconds are summed up here.
    if (this.#writing) return;
    const nowMs = this.#needs.clock.steadyMs();
    const due: StaySeconds[] = [];
    for (const stay of this.#stays) {
      if (stay.isDue(nowMs)) due.push(stay);
      else if (stay.isOver(nowMs)) this.#forget(stay);
    }
    if (due.length === 0) return;
    this.#writing = this.#write(due.slice(0, fixed.watchedMarksMax)).finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(stays: readonly StaySeconds[]): Promise<void> {
    const nowMs = this.#needs.clock.steadyMs();
    const taken = stays.map((stay) => ({ stay, mark: stay.take(nowMs) }));
    const apps = Map.groupBy(taken, ({ mark }) => mark.app);
    await Promise.all(
      Array.from(apps, async ([app, some]) => {
        const outcome = await this.#needs.log.markWatched(
          app,
          some.map(({ mark }) => mark),
        );
        if (!outcome.ok) for (const { stay, mark } of some) stay.putBack(mark);
      }),
    );
  }

  #forget(stay: StaySeconds): void {
    this.#stays.delete(stay);
    if (this.#present.get(keyOf(stay.stay)) === stay) this.#present.delete(keyOf(stay.stay));
  }
}

/** In one life of a channel a uid has one stay at a time. */
const keyOf = ({ sid, uid }: Pick<Stay, 'sid' | 'uid'>): string => `${sid}/${uid}`;
