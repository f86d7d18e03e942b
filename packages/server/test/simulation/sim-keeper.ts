import type { Metadata } from '../../src/channel/parts/metadata.ts';
import type { Asked } from '../../src/log/contract/commands.ts';
import type { SimProcessClock } from './sim-clock.ts';
import type { Life, SimMachine } from './sim-machine.ts';
import type { SimRandom } from './sim-random.ts';
import { keyOf } from './sim-signaling.ts';
import type { Truth } from './truth.ts';

/** The lock that all keepers of a channel want, and its time to live, milliseconds. */
const lockName = 'stage';
const lockTtlMs = 10_000;

/** The last known value of a key; undefined: there is none. */
type Value = { readonly value: string; readonly revision: number } | undefined;

export interface KeeperOptions {
  readonly machine: SimMachine;
  readonly time: SimProcessClock;
  readonly random: SimRandom;
  readonly truth: Truth;
  readonly channel: string;
  readonly userId: string;
}

/**
 * Somebody who writes metadata under keys of their own and wants the channel's lock. What was acknowledged must be there
 * from then on, with its revision, whatever happens to the machine; what was not answered is there or is not.
 */
export class SimKeeper {
  /** Changes and times that the lock was had that were acknowledged. */
  changes = 0;
  holds = 0;
  calm = false;
  readonly #options: KeeperOptions;
  readonly #known = new Map<string, Value>();
  /** The possible value of a key whose last change was not answered; `undefined` in it: none. */
  readonly #asked = new Map<string, string | undefined>();
  #majorRevision = 0;
  /** The lock as it knows it: it has it, has it not, or cannot know. */
  #lock: 'mine' | 'not mine' | 'unknown' = 'not mine';
  #life: Life | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { machine, random } = this.#options;
    // During the calm it still logs in, once.
    while (!this.calm || this.#life !== machine.life) {
      await this.#sleep(100, 3_000);
      const { life } = machine;
      if (!life) continue;
      if (life !== this.#life) {
        // A login reports this, too: the server knows only from its own process who is there.
        const { userId: owner } = this.#options;
        const told = await this.#asks(life, { type: 'lock-holder', owner, offlineMs: undefined });
        if (told !== 'ok') continue;
        this.#life = life;
      }
      this.look(life);
      if (this.calm) return;
      const dice = random.fraction();
      if (dice < 0.5) await this.#write(life);
      else if (dice < 0.6) await this.#makeLock(life);
      else await this.#useLock(life);
    }
  }

  /** Compares what is served with what is known. What was open is decided by what is there. */
  look(life: Life): void {
    const { truth, channel, userId } = this.#options;
    const { metadata, locks } = life.log.known(keyOf(channel));
    const wrong = (what: string) => truth.failures.push(`${userId} in ${channel}: ${what}`);
    // An empty set of an empty channel is forgotten; what is written next comes after what it was.
    const isForgotten = metadata.majorRevision === 0 && Object.keys(metadata.items).length === 0;
    if (metadata.majorRevision < this.#majorRevision && !isForgotten)
      wrong(`the revision was ${this.#majorRevision} and is ${metadata.majorRevision}`);
    this.#majorRevision = Math.max(this.#majorRevision, metadata.majorRevision);
    for (const [key, known] of this.#known) {
      const now = heldUnder(metadata, key);
      const isKnown = now?.value === known?.value && now?.revision === known?.revision;
      const isAsked = this.#asked.has(key) && now?.value === this.#asked.get(key);
      if (!isKnown && !isAsked) wrong(`${key} was ${shown(known)} and is ${shown(now)}`);
      if (isAsked && !isKnown && known && now && now.revision <= known.revision)
        wrong(`${key} changed at ${shown(known)} and is ${shown(now)}`);
      this.#known.set(key, now);
      this.#asked.delete(key);
    }
    const owner = locks[lockName]?.owner;
    if (this.#lock === 'mine' && owner !== userId) wrong(`the lock was theirs and is of ${owner}`);
    if (this.#lock === 'not mine' && owner === userId) wrong('the lock is theirs, who gave it back');
    this.#lock = owner === userId ? 'mine' : 'not mine';
  }

  async #write(life: Life): Promise<void> {
    const { random, userId } = this.#options;
    const key = `${userId} ${random.between(1, 3)}`;
    const known = this.#known.get(key);
    const removes = known !== undefined && random.chance(0.2);
    const value = removes ? '' : random.id(6);
    this.#asked.set(key, removes ? undefined : value);
    this.#known.set(key, known);
    const reply = await this.#asks(life, {
      type: 'change-metadata',
      mode: removes ? 'remove' : 'set',
      items: [{ key, value, revision: known?.revision ?? -1 }],
      majorRevision: -1,
      author: userId,
      addTimeStamp: true,
      addUserId: true,
      lockName: '',
    });
    if (reply === 'unknown') return;
    this.#asked.delete(key);
    if (reply === 'refused') return;
    this.changes += 1;
    const now = heldUnder(life.log.known(keyOf(this.#options.channel)).metadata, key);
    if (now?.value !== (removes ? undefined : value))
      this.#options.truth.failures.push(`${key} was acknowledged as ${value} and is ${shown(now)}`);
    this.#known.set(key, now);
  }

  async #makeLock(life: Life): Promise<void> {
    await this.#asks(life, { type: 'set-lock', name: lockName, ttlMs: lockTtlMs, by: this.#options.userId });
  }

  async #useLock(life: Life): Promise<void> {
    const wasMine = this.#lock === 'mine';
    const type = wasMine ? 'release-lock' : 'acquire-lock';
    this.#lock = 'unknown';
    const reply = await this.#asks(life, { type, name: lockName, by: this.#options.userId });
    if (reply === 'unknown') return;
    if (reply === 'refused') this.#lock = wasMine ? 'mine' : 'not mine';
    else this.#lock = wasMine ? 'not mine' : 'mine';
    if (this.#lock === 'mine') this.holds += 1;
  }

  /** `unknown`: the process ended before it answered, or could not write; what was asked may have happened. */
  async #asks(life: Life, request: Asked): Promise<'ok' | 'refused' | 'unknown'> {
    const { truth, time, channel } = this.#options;
    const askedMs = time.nowMs();
    const work = life.log.submit(keyOf(channel), request).then(
      (outcome) =>
        outcome.ok ? ('ok' as const) : outcome.code === 'log_unavailable' ? 'unknown' : 'refused',
      (cause: unknown) => {
        if (life === this.#options.machine.life && !truth.faulty(askedMs, time.nowMs()))
          truth.failures.push(`${channel}: ${request.type} failed: ${String(cause)}`);
        return 'unknown' as const;
      },
    );
    return Promise.race([work, life.ended.then(() => 'unknown' as const)]);
  }

  #sleep(fromMs: number, toMs: number): Promise<void> {
    const { time, random } = this.#options;
    return new Promise((resolve) => time.after(random.between(fromMs, toMs), resolve));
  }
}

function heldUnder({ items }: Metadata, key: string): Value {
  const item = items[key];
  return item && { value: item.value, revision: item.revision };
}

const shown = (value: Value): string => (value ? `${value.value} at ${value.revision}` : 'nothing');
