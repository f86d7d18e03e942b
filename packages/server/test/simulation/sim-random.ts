import type { Random } from '../../src/clock.ts';

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Randomness that a seed repeats exactly: xoshiro128**, seeded by splitmix32. */
export class SimRandom implements Random {
  #state: [number, number, number, number];

  constructor(seed: number) {
    let mixed = seed | 0;
    const next = (): number => {
      mixed = (mixed + 0x9e3779b9) | 0;
      let z = mixed ^ (mixed >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.#state = [next(), next(), next(), next() | 1];
  }

  fraction(): number {
    return this.#bits() / 2 ** 32;
  }

  id(length: number): string {
    let id = '';
    for (let i = 0; i < length; i += 1) id += idAlphabet[this.#bits() & 31];
    return id;
  }

  /** Whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** One of the items; throws if there is none. */
  pick<T>(items: readonly T[]): T {
    const index = this.between(0, items.length - 1);
    if (index >= items.length || items.length === 0) throw new RangeError('nothing to pick from');
    return items[index] as T;
  }

  /** A stream of its own, so that more draws here do not change what is drawn there. */
  fork(): SimRandom {
    return new SimRandom(this.#bits());
  }

  #bits(): number {
    const s = this.#state;
    const scrambled = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 11);
    return scrambled;
  }
}

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
