interface Leaf<V> {
  readonly key: number;
  readonly value: V;
}
interface Branch<V> {
  /** One bit for each child that exists. */
  readonly bits: number;
  readonly children: readonly Node<V>[];
}
type Node<V> = Leaf<V> | Branch<V>;

/**
 * An unchangeable map with 32-bit unsigned keys. A change shares all but some five small nodes with the map before it, so
 * that a member of a channel of 100,000 comes and goes without a copy of the others.
 */
export class UidMap<V> {
  readonly size: number;
  readonly #root: Node<V> | undefined;

  private constructor(root: Node<V> | undefined, size: number) {
    this.#root = root;
    this.size = size;
  }

  /** A map without entries. */
  static empty<V>(): UidMap<V> {
    return new UidMap<V>(undefined, 0);
  }

  get(key: number): V | undefined {
    let node = this.#root;
    for (let hash = mixed(key); node !== undefined; hash >>>= 5) {
      if ('key' in node) return node.key === key ? node.value : undefined;
      const bit = 1 << (hash & 31);
      if ((node.bits & bit) === 0) return undefined;
      node = node.children[ones(node.bits & (bit - 1))];
    }
    return undefined;
  }

  has(key: number): boolean {
    return this.get(key) !== undefined;
  }

  with(key: number, value: V): UidMap<V> {
    const leaf = { key, value };
    if (this.#root === undefined) return new UidMap<V>(leaf, 1);
    return new UidMap<V>(put(this.#root, leaf, mixed(key), 0), this.size + (this.has(key) ? 0 : 1));
  }

  without(key: number): UidMap<V> {
    if (this.#root === undefined || !this.has(key)) return this;
    return new UidMap<V>(cut(this.#root, key, mixed(key)), this.size - 1);
  }

  *values(): Generator<V> {
    const open: Node<V>[] = this.#root === undefined ? [] : [this.#root];
    for (let node = open.pop(); node !== undefined; node = open.pop())
      if ('key' in node) yield node.value;
      else for (const child of node.children) open.push(child);
  }

  /** The values alone, for JSON: each knows its key. */
  toJSON(): V[] {
    return [...this.values()];
  }
}

function put<V>(node: Node<V>, leaf: Leaf<V>, hash: number, depth: number): Node<V> {
  if ('key' in node) {
    if (node.key === leaf.key) return leaf;
    return pair(node, mixed(node.key) >>> (5 * depth), leaf, hash);
  }
  const bit = 1 << (hash & 31);
  const index = ones(node.bits & (bit - 1));
  const children = [...node.children];
  const child = node.children[index];
  if ((node.bits & bit) === 0 || child === undefined) children.splice(index, 0, leaf);
  else children[index] = put(child, leaf, hash >>> 5, depth + 1);
  return { bits: node.bits | bit, children };
}

/** `mixed` maps no two keys to one hash, so that this ends. */
function pair<V>(one: Leaf<V>, oneHash: number, two: Leaf<V>, twoHash: number): Branch<V> {
  const a = oneHash & 31;
  const b = twoHash & 31;
  if (a === b) return { bits: 1 << a, children: [pair(one, oneHash >>> 5, two, twoHash >>> 5)] };
  return { bits: (1 << a) | (1 << b), children: a < b ? [one, two] : [two, one] };
}

function cut<V>(node: Node<V>, key: number, hash: number): Node<V> | undefined {
  if ('key' in node) return undefined;
  const bit = 1 << (hash & 31);
  const index = ones(node.bits & (bit - 1));
  const child = node.children[index];
  if (child === undefined) return node;
  const rest = cut(child, key, hash >>> 5);
  if (rest !== undefined && !('key' in rest && node.children.length === 1))
    return { bits: node.bits, children: node.children.with(index, rest) };
  if (rest !== undefined) return rest;
  const children = node.children.toSpliced(index, 1);
  const [only] = children;
  if (only === undefined || (children.length === 1 && 'key' in only)) return only;
  return { bits: node.bits & ~bit, children };
}

/** Spreads neighbouring keys; multiplication by an odd number loses nothing in 32 bits. */
function mixed(key: number): number {
  const hash = Math.imul(key, 0x9e3779b1);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function ones(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
