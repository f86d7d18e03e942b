import {
  type LogNodes,
  logNodes,
  type NodeBounds,
  type NodeEvent,
  type NodeRules,
  name,
  nextId,
  nodeRules,
  nodeSteps,
  nodesKey,
  said,
  sends,
} from './log-nodes.ts';
import type { Model } from './search.ts';
import { SharedLog } from './shared-log.ts';

export interface AppendBounds extends NodeBounds {
  /** Commands that each node decides, if it owns the log. */
  readonly commands: number;
}

/** Two nodes that both want to own a log, and record what they decide. */
interface State {
  readonly all: LogNodes;
  /** Commands that each still has. */
  readonly left: readonly number[];
  /** Ids of the batches of which somebody was told that they are stored, and that they are not. */
  readonly stored: readonly string[];
  readonly refused: readonly string[];
}

type Step = readonly [what: string, next: State];

/** Whoever appends and claims, in whatever order requests and answers come: one decides at a time, and each outcome is true. */
export function appendAndClaim(bounds: AppendBounds, changed: Partial<NodeRules> = {}): Model<State> {
  const rules = { ...nodeRules, ...changed };
  const all = logNodes(SharedLog.empty(), bounds);
  return {
    start: { all, left: [bounds.commands, bounds.commands], stored: [], refused: [] },
    stepsFrom: (state) => stepsFrom(state, bounds, rules),
    keyOf: ({ all, left, stored, refused }) => `${nodesKey(all)} ${left} ${stored} ${refused}`,
    wrongWith,
  };
}

function* stepsFrom(state: State, bounds: AppendBounds, rules: NodeRules): Generator<Step> {
  const { all, left } = state;
  for (const [at, node] of all.nodes.entries()) {
    const commands = left[at] ?? 0;
    const { standing } = node;
    if (standing.type !== 'owner' || commands === 0) continue;
    const batch = all.log.upTo(standing.place).message(nextId(node), standing.me, `${name(at)}${commands}`);
    const next = { ...state, all: sends(all, at, batch), left: left.map((n, i) => (i === at ? n - 1 : n)) };
    yield [`${name(at)} decides, and sends ${said(batch)}`, next];
  }
  for (const [what, next, event] of nodeSteps(all, bounds, rules))
    yield [what, { ...told(state, event), all: next }];
}

function told(state: State, event: NodeEvent | undefined): State {
  if (!event || event.type === 'crashed' || event.batch.claims !== undefined) return state;
  const { type, batch } = event;
  return { ...state, [type]: [...state[type], batch.id].sort() };
}

function wrongWith({ all: { log }, stored, refused }: State): string | undefined {
  const wrong = wrongWithLog(log);
  if (wrong !== undefined) return wrong;
  const ids = log.batches.map(({ id }) => id);
  const missing = stored.find((id) => !ids.includes(id));
  if (missing !== undefined) return `an append that was acknowledged is not in the log: ${missing}`;
  const there = refused.find((id) => ids.includes(id));
  return there === undefined ? undefined : `an append that was refused is in the log: ${there}`;
}

/** What is wrong with the order of batches, by the words of the rule and not by the code under test. */
export function wrongWithLog(log: SharedLog): string | undefined {
  const { batches, prefixes } = log;
  const ids = new Set<string>();
  let claim: { readonly epoch: number; readonly writer: string } = { epoch: 0, writer: '' };
  for (const [at, { id, writer, claims, decidedOn }] of batches.entries()) {
    if (ids.has(id)) return `a batch is stored twice: ${id}`;
    ids.add(id);
    if (decidedOn !== prefixes[at]) return `a batch is decided on another log than the one before it: ${id}`;
    if (claims === undefined && writer !== claim.writer)
      return `a batch of ${writer} stands after the claim of ${claim.writer}`;
    if (claims === undefined) continue;
    if (claims !== claim.epoch + 1) return `claim ${claims} stands after claim ${claim.epoch}`;
    claim = { epoch: claims, writer };
  }
  return undefined;
}
