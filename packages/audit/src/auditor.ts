import { createHash } from 'node:crypto';
import type { HeardLost } from './captured.ts';
import { type AuditedMember, type Heard, Life } from './life.ts';

export type { AuditedMember, Heard } from './life.ts';

export interface Audit {
  /** Sentences, each about one broken promise; empty when all is well. */
  readonly violations: readonly string[];
  /** The members by the notices: channel name (after `scope/`, if told with one) to uid to member. Empty channels are absent. */
  readonly rosters: ReadonlyMap<string, ReadonlyMap<number, AuditedMember>>;
  /** Each life of a channel that is remembered: all of them, unless bounds were given. */
  readonly lives: ReadonlyMap<string, { channel: string; lastSeq: number; closed: boolean }>;
}

export interface AuditOptions {
  /** The receiver subscribed to some types only: seq may have holes, and counts are not checked. */
  readonly partial?: boolean;
  /** The notices begin in the middle: a life whose beginning is missing is taken up where it is first heard of. */
  readonly midway?: boolean;
  /** The limits of what is remembered; without them, everything is. */
  readonly bounds?: AuditBounds;
  /** Called with each violation as it is found. */
  readonly onViolation?: (violation: string) => void;
  /** Hears what the server said is lost, a sentence for each notice of it: no promise is broken by that. */
  readonly onLost?: (finding: string) => void;
  /** Hears of a life each time it has been told one more event, in the order of seq. */
  readonly onTold?: (life: Life) => void;
}

export interface AuditBounds {
  /** Notices of one life that wait for an earlier one; then it counts as missing. */
  readonly waitingMax: number;
  /** Notices of one life whose copies are compared with them. */
  readonly comparedMax: number;
  /** Lives remembered after they ended. */
  readonly closedLivesMax: number;
  /** noticeIds of which it is remembered what they stand for. */
  readonly noticeIdsMax: number;
}

/** Enough for captures of any length: what is kept goes by the number of open channels, not of notices. Chosen. */
export const streamBounds: AuditBounds = {
  waitingMax: 256,
  comparedMax: 256,
  closedLivesMax: 500,
  noticeIdsMax: 65_536,
};
const unbounded: AuditBounds = {
  waitingMax: Number.POSITIVE_INFINITY,
  comparedMax: Number.POSITIVE_INFINITY,
  closedLivesMax: Number.POSITIVE_INFINITY,
  noticeIdsMax: Number.POSITIVE_INFINITY,
};

interface Tracked {
  readonly life: Life;
  /** Before the names of its channel; '' if told without. */
  readonly scope: string;
  readonly waiting: Map<number, Heard>;
  readonly compared: Map<number, { noticeId: string; content: string }>;
  /** Ranges of seq that are lost and not passed yet: last seq by first. */
  readonly lost: Map<number, number>;
}

/**
 * Hears what a receiver was told, in whatever order and however often, and says which promises of the notices do not
 * hold: dense seq, one notice per (sid, seq), joins before leaves, nobody twice, 101 first, 102 last.
 */
export class Auditor {
  readonly #options: AuditOptions;
  readonly #bounds: AuditBounds;
  readonly #open = new Map<string, Tracked>();
  readonly #closed = new Map<string, Tracked>();
  readonly #placeOfId = new Map<string, string>();
  /** Notices heard, and how many of them were copies. */
  notices = 0;
  copies = 0;
  /** Lives heard of, and how many of them ended or were taken up in the middle. */
  lives = 0;
  closedLives = 0;
  adoptedLives = 0;
  violations = 0;
  /** Notices that said that events are lost, and how many events those that count them spoke of. */
  lost = 0;
  lostEvents = 0;

  constructor(options: AuditOptions = {}) {
    this.#options = options;
    this.#bounds = options.bounds ?? unbounded;
  }

  /** `scope` keeps channels of the same name apart, such as those of two apps. */
  tell(notice: Heard, scope = ''): void {
    this.notices += 1;
    const { sid, noticeId, payload } = notice;
    const place = `${sid} seq ${payload.seq}`;
    const knownPlace = this.#placeOfId.get(noticeId);
    if (knownPlace !== undefined && knownPlace !== place)
      this.#violated(`noticeId ${noticeId} stands for ${knownPlace} and for ${place}`);
    keep(this.#placeOfId, noticeId, place, this.#bounds.noticeIdsMax);
    const tracked = this.#open.get(sid) ?? this.#closed.get(sid) ?? this.#begin(sid, scope);
    const content = contentOf(notice);
    const known = tracked.compared.get(payload.seq);
    if (known) {
      this.copies += 1;
      if (known.noticeId !== noticeId)
        this.#violated(`${place} was sent under ${known.noticeId} and under ${noticeId}`);
      else if (known.content !== content) this.#violated(`copies of ${place} differ`);
      return;
    }
    if (payload.seq <= tracked.life.lastSeq) {
      // The notice of which this is a copy is forgotten, or this one comes after it was given up.
      this.copies += 1;
      return;
    }
    keep(tracked.compared, payload.seq, { noticeId, content }, this.#bounds.comparedMax);
    tracked.waiting.set(payload.seq, notice);
    this.#advance(tracked, this.#bounds.waitingMax);
  }

  /** Takes up a notice of lost events: what it names is no hole. */
  tellLost({ noticeId, range, events }: HeardLost, scope = ''): void {
    this.notices += 1;
    const place = range ? `${range.sid} lost ${range.fromSeq}-${range.toSeq}` : 'lost';
    const known = this.#placeOfId.get(noticeId);
    if (known !== undefined && known !== place)
      this.#violated(`noticeId ${noticeId} stands for ${known} and for ${place}`);
    keep(this.#placeOfId, noticeId, place, this.#bounds.noticeIdsMax);
    if (known !== undefined) {
      this.copies += 1;
      return;
    }
    this.lost += 1;
    this.lostEvents += events ?? 0;
    const counted = events === undefined ? '' : `, ${events} of them for this receiver`;
    this.#options.onLost?.(
      range
        ? `${range.sid} seq ${range.fromSeq} to ${range.toSeq} of ${range.channel} are lost${counted}`
        : `more is lost, in channels that are not named${counted}`,
    );
    if (!range) return;
    const { sid, fromSeq, toSeq } = range;
    const tracked = this.#open.get(sid) ?? this.#closed.get(sid) ?? this.#begin(sid, scope);
    if (tracked.life.closed || toSeq <= tracked.life.lastSeq) return;
    keep(tracked.lost, fromSeq, Math.max(toSeq, tracked.lost.get(fromSeq) ?? 0), this.#bounds.waitingMax);
    this.#advance(tracked, this.#bounds.waitingMax);
  }

  /** All has been told: what waits for something that never came is judged. */
  end(): Pick<Audit, 'rosters' | 'lives'> {
    const rosters = new Map<string, ReadonlyMap<number, AuditedMember>>();
    const lives = new Map<string, { channel: string; lastSeq: number; closed: boolean }>();
    const openSids = new Map<string, string>();
    for (const tracked of [...this.#closed.values(), ...this.#open.values()]) {
      this.#advance(tracked, 0);
      const { life, scope } = tracked;
      lives.set(life.sid, { channel: life.channel, lastSeq: life.lastSeq, closed: life.closed });
      if (life.closed) continue;
      const name = scope === '' ? life.channel : `${scope}/${life.channel}`;
      // Its end may be what is lost.
      if (life.lostAtEnd) continue;
      const other = openSids.get(name);
      if (other !== undefined) this.#violated(`channel ${name} is open as ${other} and as ${life.sid}`);
      openSids.set(name, life.sid);
      if (life.members.size > 0) rosters.set(name, life.members);
    }
    return { rosters, lives };
  }

  #begin(sid: string, scope: string): Tracked {
    const { partial = false } = this.#options;
    const onViolation = (violation: string) => this.#violated(violation);
    const life = new Life(sid, { partial, onViolation });
    const tracked: Tracked = { life, scope, waiting: new Map(), compared: new Map(), lost: new Map() };
    this.#open.set(sid, tracked);
    this.lives += 1;
    return tracked;
  }

  /** Tells the life what is next, and, while more than `waitingMax` wait, what is not. */
  #advance(tracked: Tracked, waitingMax: number): void {
    const { life, waiting } = tracked;
    for (;;) {
      const following = waiting.get(life.lastSeq + 1);
      // Lost events are skipped only once something later is there, or all has been told: some of them may come all the same.
      const isPassed = following === undefined && (waiting.size > 0 || waitingMax === 0);
      if (isPassed && skipLost(tracked, this.#options.partial === true)) continue;
      const next = following ?? (waiting.size > waitingMax ? lowest(waiting) : undefined);
      if (next === undefined) break;
      waiting.delete(next.payload.seq);
      if (life.lastSeq === 0 && next.payload.seq > 1 && this.#options.midway === true) {
        life.adopt(next.payload.seq);
        this.adoptedLives += 1;
      }
      life.tell(next);
      this.#options.onTold?.(life);
    }
    if (!life.closed || !this.#open.delete(life.sid)) return;
    this.closedLives += 1;
    this.#closed.set(life.sid, tracked);
    for (const [sid, oldest] of this.#closed) {
      if (this.#closed.size <= this.#bounds.closedLivesMax) break;
      this.#closed.delete(sid);
      this.#advance(oldest, 0);
    }
  }

  #violated(violation: string): void {
    this.violations += 1;
    this.#options.onViolation?.(violation);
  }
}

/** Folds notices that are all there already. */
export function audit(notices: Iterable<Heard>, options: AuditOptions = {}): Audit {
  const violations: string[] = [];
  const auditor = new Auditor({ ...options, onViolation: (violation) => violations.push(violation) });
  for (const notice of notices) auditor.tell(notice);
  return { violations, ...auditor.end() };
}

/**
 * Passes over what is lost next, up to what came of it all the same; false if the next seq is not lost. With holes by nature
 * (`isPartial`), it is next once nothing before it waits.
 */
function skipLost({ life, waiting, lost }: Tracked, isPartial: boolean): boolean {
  const came = lowest(waiting)?.payload.seq ?? Number.POSITIVE_INFINITY;
  const reached = isPartial && waiting.size > 0 ? came : life.lastSeq + 1;
  let toSeq = 0;
  for (const [from, to] of lost) {
    if (to <= life.lastSeq) lost.delete(from);
    else if (from <= reached) toSeq = Math.max(toSeq, to);
  }
  const next = Math.min(toSeq, came - 1);
  if (next <= life.lastSeq) return false;
  life.skipTo(next);
  return true;
}

function lowest(waiting: ReadonlyMap<number, Heard>): Heard | undefined {
  let found: Heard | undefined;
  for (const notice of waiting.values())
    if (found === undefined || notice.payload.seq < found.payload.seq) found = notice;
  return found;
}

/** Sets an entry; beyond `max` the oldest goes. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.set(key, value);
  if (map.size <= max) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}

/** A digest: copies of a notice may differ in the time of sending and the order of fields, and in nothing else. */
function contentOf({ eventType, payload }: Heard): string {
  const text = JSON.stringify([eventType, Object.entries(payload).sort(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash('sha1').update(text).digest('base64');
}
