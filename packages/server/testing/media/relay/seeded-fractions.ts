/** Numbers from 0 to below 1 that a seed repeats exactly (splitmix32). */
export function seededFractions(seed: number): () => number {
  let mixed = seed | 0;
  return () => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = mixed ^ (mixed >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}
