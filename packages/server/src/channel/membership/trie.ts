import { assert } from '../assert.ts';

/** 32 bits are read from the top, 5 at a time (the first digit has 2): so that a walk gives the keys in order. */
const topShift = 30;
const digitBits = 5;

/**
 * An immutable map from unsigned 32-bit numbers, in key order, that shares structure with the map it was made from: a
 * kept reference is a snapshot that costs nothing. Every branch knows the smallest `measure` below it, so what is
 * smallest is known at once, and those at or below a bound are found without looking at the rest; and how many keys are
 * below it, so that a place in the order is found as fast as a key.
 *
 * Change and look-up: O(depth), at most 7 branches of at most 32 children; about 4 for 100,000 keys.
 */
export class Trie<V> {
  readonly size: number;
  readonly #root: Node<V> | undefined;
  readonly #measure: (value: V) => number;

  private constructor(root: Node<V> | undefined, size: number, measure: (value: V) => number) {
    this.#root = root;
    this.size = size;
    this.#measure = measure;
  }

  /** The empty map. `measure` must be pure; Infinity means "never the smallest". */
  static empty<V>(measure: (value: V) => number = () => Number.POSITIVE_INFINITY): Trie<V> {
    return new Trie<V>(undefined, 0, measure);
  }

  /** The smallest measure of all values; Infinity if there are none. */
  get least(): number {
    return this.#root?.least ?? Number.POSITIVE_INFINITY;
  }

  get(key: number): V | undefined {
    let node = this.#root;
    for (let shift = topShift; node instanceof Branch; shift -= digitBits) {
      const digit = (key >>> shift) & 31;
      if (((node.bitmap >>> digit) & 1) === 0) return undefined;
      node = node.children[indexOf(node.bitmap, digit)];
    }
    return node?.key === key ? node.value : undefined;
  }

  /** The map with `key` set to `value`. */
  with(key: number, value: V): Trie<V> {
    assert(key >>> 0 === key, 'a key is an unsigned 32-bit number');
    const leaf = new Leaf(key, value, this.#measure(value));
    const root = this.#root === undefined ? leaf : inserted(this.#root, leaf, topShift);
    return new Trie(root, root.size, this.#measure);
  }

  /** The map without `key`; the same map if it was not there. */
  without(key: number): Trie<V> {
    if (this.#root === undefined) return this;
    const root = removed(this.#root, key, topShift);
    return root === this.#root ? this : new Trie(root, this.size - 1, this.#measure);
  }

  /**
   * The map with each value that `change` gives another for, in one pass; the same map if there is none. Of those alone whose measure is
   * at most `bound`. Keys and order stay.
   */
  mapped(change: (value: V) => V, bound = Number.POSITIVE_INFINITY): Trie<V> {
    if (this.#root === undefined) return this;
    const root = mappedNode(this.#root, { change, bound, measure: this.#measure });
    return root === this.#root ? this : new Trie(root, this.size, this.#measure);
  }

  /** Keys and values in key order. */
  *[Symbol.iterator](): IterableIterator<readonly [number, V]> {
    for (const leaf of leaves(this.#root)) yield [leaf.key, leaf.value];
  }

  /** Values in key order. */
  *values(): IterableIterator<V> {
    for (const leaf of leaves(this.#root)) yield leaf.value;
  }

  /** Values whose key is greater than `key`, in key order. Finding the first costs O(depth). */
  *valuesAfter(key: number): IterableIterator<V> {
    const rest: Node<V>[] = [];
    let node = this.#root;
    for (let shift = topShift; node instanceof Branch; shift -= digitBits) {
      const digit = (key >>> shift) & 31;
      const here = (node.bitmap >>> digit) & 1;
      const index = indexOf(node.bitmap, digit);
      for (const later of node.children.slice(index + here).reverse()) rest.push(later);
      node = here ? node.children[index] : undefined;
    }
    if (node && node.key > key) yield node.value;
    for (let next = rest.pop(); next; next = rest.pop()) for (const leaf of leaves(next)) yield leaf.value;
  }

  /** Values from place `index` on (0 is the smallest key's), in key order. Finding the first costs O(depth). */
  *valuesFrom(index: number): IterableIterator<V> {
    const rest: Node<V>[] = [];
    let node = this.#root;
    let skip = index;
    while (node instanceof Branch) {
      let at = 0;
      let child = node.children[at];
      for (; child && child.size <= skip; child = node.children[++at]) skip -= child.size;
      for (const later of node.children.slice(at + 1).reverse()) rest.push(later);
      node = child;
    }
    if (node && skip === 0) yield node.value;
    for (let next = rest.pop(); next; next = rest.pop()) for (const leaf of leaves(next)) yield leaf.value;
  }

  /** Keys and values whose measure is at most `bound`, in key order. Cost grows with how many they are, not with size. */
  *atMost(bound: number): IterableIterator<readonly [number, V]> {
    const rest: Node<V>[] = this.#root ? [this.#root] : [];
    for (let node = rest.pop(); node; node = rest.pop()) {
      if (node.least > bound) continue;
      if (node instanceof Leaf) yield [node.key, node.value];
      else for (const child of node.children.toReversed()) rest.push(child);
    }
  }

  /** The number of keys whose measure is at most `bound`, counted no further than to `most`: costs no more than that many. */
  countAtMost(bound: number, most: number): number {
    return this.#root ? countedAtMost(this.#root, bound, most) : 0;
  }
}

/** A key with its value; stands as high as it can, so that equal maps have equal shape. */
class Leaf<V> {
  constructor(
    readonly key: number,
    readonly value: V,
    readonly least: number,
  ) {}

  get size(): number {
    return 1;
  }
}

/** Two leaves or more: `children` holds one node for each digit whose bit is set, in digit order. */
class Branch<V> {
  constructor(
    readonly bitmap: number,
    readonly children: readonly Node<V>[],
    readonly least: number,
    readonly size: number,
  ) {}
}

type Node<V> = Leaf<V> | Branch<V>;

/** The branch over these children, whose sizes and measures are looked at. */
function branch<V>(bitmap: number, children: readonly Node<V>[]): Branch<V> {
  let size = 0;
  for (const child of children) size += child.size;
  return new Branch(bitmap, children, leastOf(children), size);
}

function leastOf<V>(children: readonly Node<V>[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const child of children) if (child.least < least) least = child.least;
  return least;
}

/** Everybody who joins comes by here: a branch is copied, and its children are looked at only where the smallest of them has changed. */
function inserted<V>(node: Node<V>, leaf: Leaf<V>, shift: number): Node<V> {
  if (node instanceof Leaf) {
    if (node.key === leaf.key) return leaf;
    const only = new Branch(1 << ((node.key >>> shift) & 31), [node], node.least, 1);
    return inserted(only, leaf, shift);
  }
  const { bitmap, children, least, size } = node;
  const digit = (leaf.key >>> shift) & 31;
  const index = indexOf(bitmap, digit);
  const child = ((bitmap >>> digit) & 1) === 1 ? children[index] : undefined;
  if (child === undefined)
    return new Branch(
      bitmap | (1 << digit),
      insertedAt(children, index, leaf),
      Math.min(least, leaf.least),
      size + 1,
    );
  const next = inserted(child, leaf, shift - digitBits);
  const copy = replacedAt(children, index, next);
  const wasLeast = child.least === least && next.least > least;
  return new Branch(
    bitmap,
    copy,
    wasLeast ? leastOf(copy) : Math.min(least, next.least),
    size + next.size - child.size,
  );
}

interface Mapping<V> {
  readonly change: (value: V) => V;
  readonly bound: number;
  readonly measure: (value: V) => number;
}

function mappedNode<V>(node: Node<V>, mapping: Mapping<V>): Node<V> {
  if (node.least > mapping.bound) return node;
  if (node instanceof Leaf) {
    const value = mapping.change(node.value);
    return value === node.value ? node : new Leaf(node.key, value, mapping.measure(value));
  }
  let isSame = true;
  const children: Node<V>[] = [];
  for (const child of node.children) {
    const mapped = mappedNode(child, mapping);
    if (mapped !== child) isSame = false;
    children.push(mapped);
  }
  return isSame ? node : branch(node.bitmap, children);
}

function removed<V>(node: Node<V>, key: number, shift: number): Node<V> | undefined {
  if (node instanceof Leaf) return node.key === key ? undefined : node;
  const digit = (key >>> shift) & 31;
  const index = indexOf(node.bitmap, digit);
  const child = ((node.bitmap >>> digit) & 1) === 1 ? node.children[index] : undefined;
  if (child === undefined) return node;
  const rest = removed(child, key, shift - digitBits);
  if (rest === child) return node;
  const children = rest ? replacedAt(node.children, index, rest) : removedAt(node.children, index);
  const [first] = children;
  if (children.length === 1 && first instanceof Leaf) return first;
  return branch(rest ? node.bitmap : node.bitmap & ~(1 << digit), children);
}

// Plain copies: faster in Bun 1.4 than Array.prototype.with and toSpliced, which led the profile of a large fold.

function replacedAt<T>(list: readonly T[], index: number, item: T): T[] {
  const copy = list.slice();
  copy[index] = item;
  return copy;
}

function insertedAt<T>(list: readonly T[], index: number, item: T): T[] {
  const copy = list.slice();
  copy.push(item);
  if (index < list.length) {
    copy.copyWithin(index + 1, index);
    copy[index] = item;
  }
  return copy;
}

function removedAt<T>(list: readonly T[], index: number): T[] {
  const copy = list.slice();
  copy.splice(index, 1);
  return copy;
}

function countedAtMost<V>(node: Node<V>, bound: number, most: number): number {
  if (most <= 0 || node.least > bound) return 0;
  if (node instanceof Leaf) return 1;
  let count = 0;
  for (const child of node.children) {
    count += countedAtMost(child, bound, most - count);
    if (count >= most) break;
  }
  return count;
}

function* leaves<V>(root: Node<V> | undefined): IterableIterator<Leaf<V>> {
  const rest: Node<V>[] = root ? [root] : [];
  for (let node = rest.pop(); node; node = rest.pop()) {
    if (node instanceof Leaf) yield node;
    else for (let index = node.children.length - 1; index >= 0; index--) push(rest, node.children[index]);
  }
}

function push<V>(rest: Node<V>[], node: Node<V> | undefined): void {
  if (node) rest.push(node);
}

/** The index of the digit's child: the number of smaller digits that are set. */
function indexOf(bitmap: number, digit: number): number {
  let bits = bitmap & ((1 << digit) - 1);
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
