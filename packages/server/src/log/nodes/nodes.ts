import type { NodeLost } from '../../channel/shared-change.ts';
import type { NodeUp } from '../record/record.ts';

/** One start of a node. */
export interface Incarnation {
  /** The number of its `node-up`: 1, 2, 3 … */
  readonly on: number;
  readonly node: string;
  readonly incarnation: string;
}

/** Which incarnations of nodes are up: the fold of `node-up` and `node-lost`. As many as there are nodes. */
export interface Nodes {
  /** The number of the newest `node-up`, 0 if there was none. */
  readonly last: number;
  /** In the order in which they came. */
  readonly up: readonly Incarnation[];
}

export const noNodes: Nodes = { last: 0, up: [] };

export const isUp = ({ up }: Nodes, { on, incarnation }: Incarnation): boolean =>
  up.some((each) => each.on === on && each.incarnation === incarnation);

export function nodesAfter({ last, up }: Nodes, record: NodeUp | NodeLost): Nodes {
  const { on, node, incarnation } = record;
  const others = up.filter((each) => each.on !== on);
  const now = record.type === 'node-up' ? [...others, { on, node, incarnation }] : others;
  return { last: Math.max(last, on), up: now };
}
