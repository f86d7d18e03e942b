import type { ChannelId } from '../channel/channel.ts';
import type { KickingRule } from '../channel/rules.ts';
import type { Clock } from '../clock.ts';
import { fixed } from '../fixed-limits.ts';

export type RuleName = Pick<KickingRule, 'app' | 'id'>;

/** What one edge says. */
export interface EdgeVoice {
  /** Whom the rule puts out here is out: of these channels. */
  said(rule: RuleName, channels: Iterable<ChannelId>): void;
  /** It heeds no further rule, and nobody waits for its word any more. */
  leave(): void;
}

interface Word {
  readonly edges: Set<EdgeVoice>;
  readonly channels: Set<ChannelId>;
  readonly sinceMs: number;
}

/** Rules of which the edges' words are kept until somebody asks for them; beyond it the earliest are forgotten. Chosen. */
const wordsMax = 1_000;

/** The edges' word on rules about addresses: each says when whom the rule puts out is out there. */
export class EdgeWords {
  readonly #clock: Pick<Clock, 'after' | 'steadyMs'>;
  readonly #edges = new Set<EdgeVoice>();
  readonly #words = new Map<string, Word>();
  /** Looks again whether what is waited for is there. */
  readonly #waits = new Set<() => void>();
  #isStopped = false;

  constructor(clock: Pick<Clock, 'after' | 'steadyMs'>) {
    this.#clock = clock;
  }

  /** An edge heeds rules from now on. */
  join(): EdgeVoice {
    const voice: EdgeVoice = {
      said: (rule, channels) => this.#said(voice, rule, channels),
      leave: () => {
        this.#edges.delete(voice);
        this.#look();
      },
    };
    this.#edges.add(voice);
    return voice;
  }

  /**
   * Resolves when every edge has given its word on the rule, with the number of channels that somebody was put out of; after `edgeWordMs`, or
   * when they stop, with those that were heard of.
   */
  async heard(rule: RuleName): Promise<number> {
    await this.#all(rule);
    const word = this.#words.get(nameOf(rule));
    this.#words.delete(nameOf(rule));
    return word?.channels.size ?? 0;
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#isStopped = true;
    this.#look();
  }

  #all(rule: RuleName): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#waits.delete(look);
        resolve();
      };
      const look = () => {
        const heard = this.#words.get(nameOf(rule))?.edges;
        if (this.#isStopped || [...this.#edges].every((edge) => heard?.has(edge))) done();
      };
      const cancel = this.#clock.after(fixed.edgeWordMs, done);
      this.#waits.add(look);
      look();
    });
  }

  #said(edge: EdgeVoice, rule: RuleName, channels: Iterable<ChannelId>): void {
    const steadyMs = this.#clock.steadyMs();
    const name = nameOf(rule);
    const word = this.#words.get(name) ?? { edges: new Set(), channels: new Set(), sinceMs: steadyMs };
    this.#words.set(name, word);
    word.edges.add(edge);
    for (const each of channels) word.channels.add(each);
    this.#forget(steadyMs);
    this.#look();
  }

  /** Words that nobody asked for: who made the rule has given up, or is at another node. */
  #forget(steadyMs: number): void {
    for (const [name, { sinceMs }] of this.#words) {
      if (this.#words.size <= wordsMax && steadyMs - sinceMs <= 2 * fixed.edgeWordMs) return;
      this.#words.delete(name);
    }
  }

  #look(): void {
    for (const look of [...this.#waits]) look();
  }
}

const nameOf = ({ app, id }: RuleName): string => `${app}/${id}`;
