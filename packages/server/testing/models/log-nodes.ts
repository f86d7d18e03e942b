import { afterHearing, type Heard, type OpenAppend } from '../../src/engine/open-append.ts';
import { isSamePlace } from '../../src/engine/place.ts';
import {
  claimOf,
  ended,
  followed,
  opened,
  type Standing,
  standingAtStart,
} from '../../src/log/ownership/standing.ts';
import type { SentBatch, SharedLog } from './shared-log.ts';

/** Bounds of what may happen. */
export interface NodeBounds {
  readonly crashes: number;
  /** Claims of each node. */
  readonly claims: number;
  /** Times that each append is sent again. */
  readonly resends: number;
}

/** The rules that hold, and that a test puts others in the place of, to see it found. */
export interface NodeRules {
  /** Does an append that expects this fit a log that ends there? */
  readonly fits: typeof isSamePlace;
  readonly afterHearing: (
    append: OpenAppend,
    heard: Heard,
    log: SharedLog,
  ) => ReturnType<typeof afterHearing>;
  /** The append that is sent again. */
  readonly again: (append: OpenAppend, log: SharedLog) => OpenAppend;
}

export const nodeRules: NodeRules = { fits: isSamePlace, afterHearing, again: (append) => append };

/** A node, and its end of the append that it has open. */
export interface LogNode {
  readonly standing: Standing;
  /** How often it has started. */
  readonly life: number;
  /** Batches that it has made in this life. */
  readonly made: number;
  readonly batch: SentBatch | undefined;
  readonly claims: number;
  readonly resends: number;
}

/** An append on its way to the log. */
interface Request {
  readonly node: number;
  readonly batch: SentBatch;
  readonly expected: SharedLog;
}

/** An answer on its way to the node that sent the append. */
interface Answer {
  readonly node: number;
  readonly batch: SentBatch;
  readonly isStored: boolean;
}

/**
 * Nodes that append to one log over a network that delays, repeats and loses. What is lost is what is under way for ever: nothing
 * that is checked waits for it. What could only arrive without any effect is left out.
 */
export interface LogNodes {
  readonly log: SharedLog;
  readonly nodes: readonly LogNode[];
  readonly requests: readonly Request[];
  readonly answers: readonly Answer[];
  readonly crashes: number;
}

/** What has become of a node with a step, for the model that it is in. */
export type NodeEvent =
  | { readonly type: 'stored' | 'refused'; readonly node: number; readonly batch: SentBatch }
  | { readonly type: 'crashed'; readonly node: number };

export type NodeStep = readonly [what: string, next: LogNodes, event?: NodeEvent];

/** The names of the nodes, each an incarnation of eight bytes. */
const incarnation = (node: number, life: number): string => `${'ab'[node]}${String(life).padStart(15, '0')}`;

const begun = (node: number, life: number, log: SharedLog) => ({
  standing: standingAtStart(incarnation(node, life), log.upTo(log.prefixes[0]?.end ?? log.end).end),
  life,
  made: 0,
  batch: undefined,
  resends: 0,
});

/** Two nodes at an empty log. */
export function logNodes(log: SharedLog, { crashes, claims }: NodeBounds): LogNodes {
  const nodes = [0, 1].map((node) => ({ ...begun(node, 1, log), claims }));
  return { log, nodes, requests: [], answers: [], crashes };
}

/** The batch that a node opens next has this id. */
export const nextId = ({ standing, made }: LogNode): string => `${standing.me}/${made + 1}`;

/** The node sends a batch that it has decided. */
export function sends(state: LogNodes, node: number, batch: SentBatch): LogNodes {
  const before = state.nodes[node] as LogNode;
  const standing = opened(before.standing, batch.id);
  const claims = before.claims - (batch.claims === undefined ? 0 : 1);
  const after = { ...before, standing, batch, claims, made: before.made + 1, resends: 0 };
  return request(withNode(state, node, after), { node, batch, expected: batch.decidedOn });
}

/** Everything that can happen to nodes and network, but what a node decides to append. */
export function* nodeSteps(state: LogNodes, bounds: NodeBounds, rules: NodeRules): Generator<NodeStep> {
  for (const [at, node] of state.nodes.entries()) yield* stepsOf(state, at, node, bounds, rules);
  for (const [at, sent] of state.requests.entries())
    yield arrives({ ...state, requests: without(state.requests, at) }, sent, rules);
  for (const [at, { node, batch, isStored }] of state.answers.entries()) {
    const rest = { ...state, answers: without(state.answers, at) };
    const heard: Heard = isStored
      ? { type: 'stored', end: endOf(batch, state.log) }
      : { type: 'refused', end: state.log.end, next: nextOf(batch, state.log) };
    const what = `${name(node)} hears that ${said(batch)} is ${isStored ? 'stored' : 'refused'}`;
    yield hears(rest, node, heard, rules, what);
  }
}

function* stepsOf(
  state: LogNodes,
  at: number,
  node: LogNode,
  { resends }: NodeBounds,
  rules: NodeRules,
): Generator<NodeStep> {
  const { standing, batch } = node;
  if (standing.type === 'replica') {
    const next = state.log.next(standing.place);
    if (next) {
      const then = followed(standing, next.batch, next.end);
      // The judge of the log says what is wrong with it.
      if (then) yield [`${name(at)} folds`, withNode(state, at, { ...node, standing: then })];
    }
    if (node.claims > 0) {
      const folded = state.log.upTo(standing.place);
      const claim = folded.claim(nextId(node), claimOf(standing));
      yield [`${name(at)} claims`, sends(state, at, claim)];
    }
  }
  if (batch && node.resends < resends) {
    const waited = withNode(state, at, { ...node, resends: node.resends + 1 });
    yield hears(waited, at, { type: 'nothing' }, rules, `${name(at)} has heard nothing of ${said(batch)}`);
  }
  if (state.crashes === 0) return;
  const again = { ...begun(at, node.life + 1, state.log), claims: node.claims };
  const after = withNode({ ...state, crashes: state.crashes - 1 }, at, again);
  yield [`${name(at)} crashes`, heeded(after, rules), { type: 'crashed', node: at }];
}

function arrives(rest: LogNodes, { node, batch, expected }: Request, rules: NodeRules): NodeStep {
  const isStored = rules.fits(expected.end, rest.log.end);
  const what = `${said(batch)} is ${isStored ? 'stored' : 'refused'}`;
  const log = isStored ? rest.log.with(batch) : rest.log;
  const answers = [...rest.answers, { node, batch, isStored }];
  return [what, heeded({ ...rest, log, answers }, rules)];
}

/** Without the answers that nobody waits for, and the requests that are refused whenever they come, and whose answer nobody waits for. */
function heeded(state: LogNodes, { fits }: NodeRules): LogNodes {
  const { nodes, log } = state;
  const isOpen = ({ node, batch }: Request | Answer): boolean => nodes[node]?.batch === batch;
  return {
    ...state,
    answers: state.answers.filter(isOpen),
    requests: state.requests.filter((sent) => isOpen(sent) || fits(sent.expected.end, log.end)),
  };
}

/** A node hears of its open append, or hears nothing in time. */
function hears(state: LogNodes, at: number, heard: Heard, rules: NodeRules, what: string): NodeStep {
  const node = state.nodes[at] as LogNode;
  const { standing, batch } = node;
  if (!batch || !('open' in standing)) return [what, state];
  const outcome = rules.afterHearing(standing.open, heard, state.log);
  if (outcome === 'send-again') {
    const { expected } = rules.again(standing.open, state.log);
    return [
      `${what}, and sends it again`,
      request(state, { node: at, batch, expected: state.log.upTo(expected) }),
    ];
  }
  const after = { ...node, standing: ended(standing, outcome), batch: undefined, resends: 0 };
  const type = outcome.ok ? 'stored' : 'refused';
  return [what, heeded(withNode(state, at, after), rules), { type, node: at, batch }];
}

/** Equal for nodes and networks that are the same. */
export function nodesKey({ log, nodes, requests, answers, crashes }: LogNodes): string {
  const under = requests.map(({ batch, expected }) => batch.number * 65_536 + expected.number).sort(byNumber);
  const back = answers.map(({ batch, isStored }) => batch.number * 2 + Number(isStored)).sort(byNumber);
  return `${log.number} ${nodes.map((node) => keyOfNode(node, log)).join(' ')} ${under} ${back} ${crashes}`;
}

const byNumber = (one: number, other: number): number => one - other;

const nodeKeys = new WeakMap<LogNode, string>();
function keyOfNode(node: LogNode, log: SharedLog): string {
  const known = nodeKeys.get(node);
  if (known !== undefined) return known;
  const { standing, life, made, batch, claims, resends } = node;
  const { type, place, ownership } = standing;
  const { epoch, owner } = ownership;
  const key = `${type} ${log.upTo(place).number} ${epoch} ${owner} ${batch?.number} ${life} ${made} ${claims} ${resends}`;
  nodeKeys.set(node, key);
  return key;
}

const endOf = (batch: SentBatch, log: SharedLog) => {
  const at = log.batches.indexOf(batch);
  return (log.prefixes[at + 1] ?? log).end;
};

function nextOf({ decidedOn }: SentBatch, log: SharedLog) {
  const next = log.next(decidedOn.end);
  if (!next) throw new Error('an append was refused that would have fitted');
  return next;
}

const withNode = (state: LogNodes, at: number, node: LogNode): LogNodes => ({
  ...state,
  nodes: state.nodes.map((each, index) => (index === at ? node : each)),
});

const request = (state: LogNodes, sent: Request): LogNodes => ({
  ...state,
  requests: [...state.requests, sent],
});

const without = <T>(list: readonly T[], at: number): readonly T[] => list.filter((_, index) => index !== at);

export const name = (node: number): string => ['A', 'B'][node] ?? '';
export const said = ({ writer, id, claims }: SentBatch): string =>
  `${claims === undefined ? 'append' : 'claim'} ${writer[0]?.toUpperCase()}${writer.at(-1)}/${id.split('/')[1]}`;
