import {
  type Asked,
  type Asking,
  nothingTaken,
  sent,
  settled,
  type Taken,
  taken,
  toSend,
} from '../../src/log/ownership/asked.ts';
import { afterBatch, type Ownership, ownedByNobody } from '../../src/log/ownership/ownership.ts';
import { wrongWithLog } from './append-and-claim.ts';
import {
  type LogNode,
  type LogNodes,
  logNodes,
  type NodeBounds,
  type NodeEvent,
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

export interface AskedBounds extends NodeBounds {
  /** Commands that the edge has. */
  readonly commands: number;
  /** Times that it sends what is not settled again, in the same epoch: its link broke. */
  readonly repeats: number;
}

/** The rules that hold, and that a test puts others in the place of, to see it found. */
export interface AskedRules {
  /** Who the edge believes to own the log, by what it has folded. */
  readonly believed: (folded: Ownership, log: SharedLog) => Ownership;
  readonly taken: typeof taken;
}

/** A command on its way to the node that owns the log in that epoch. */
interface Frame {
  readonly node: number;
  readonly epoch: number;
  readonly asked: Asked;
}

/** An edge that asks, at a third node, and two nodes that may own the log. */
interface State {
  readonly all: LogNodes;
  /** What each node has taken, if it is the owner. */
  readonly taken: readonly Taken[];
  readonly folded: SharedLog;
  readonly ownership: Ownership;
  readonly asking: Asking;
  readonly frames: readonly Frame[];
  readonly repeats: number;
}

type Step = readonly [what: string, next: State];

/** The incarnation of the edge. */
const edge = 'e000000000000001';

/** Whoever owns the log, and however often commands are sent: each is recorded once at most, and in their order. */
export function askedOnce(bounds: AskedBounds, changed: Partial<AskedRules> = {}): Model<State> {
  const rules = { believed: (folded: Ownership) => folded, taken, ...changed };
  const log = SharedLog.empty();
  return {
    start: {
      all: logNodes(log, bounds),
      taken: [nothingTaken(0), nothingTaken(0)],
      folded: log,
      ownership: ownedByNobody,
      asking: Array.from({ length: bounds.commands }, (_, at) => ({ n: at + 1, sentIn: 0 })),
      frames: [],
      repeats: bounds.repeats,
    },
    stepsFrom: (state) => stepsFrom(state, bounds, rules),
    keyOf,
    wrongWith: ({ all: { log } }) => wrongWithLog(log) ?? wrongWithAsked(log),
  };
}

function* stepsFrom(state: State, bounds: AskedBounds, rules: AskedRules): Generator<Step> {
  yield* ofTheEdge(state, rules);
  for (const [at, frame] of state.frames.entries()) {
    // What was sent before it over the same link comes before it.
    if (state.frames.findIndex((each) => isSameLink(each, frame)) < at) continue;
    const frames = state.frames.filter((_, index) => index !== at);
    // An owner whose append is open takes it after that.
    if (state.all.nodes[frame.node]?.standing.type !== 'appending')
      yield arrives({ ...state, frames }, frame, rules);
  }
  for (const [what, all, event] of nodeSteps(state.all, bounds, nodeRules))
    yield [what, { ...state, all, taken: begun(state.taken, all, event) }];
}

function* ofTheEdge(state: State, rules: AskedRules): Generator<Step> {
  const { all, folded, asking, frames } = state;
  const next = all.log.next(folded.end);
  const ownership = next && afterBatch(state.ownership, next.batch);
  if (next && ownership) {
    const left = settled(asking, edge, next.batch.asked);
    yield ['the edge folds', { ...state, folded: all.log.upTo(next.end), ownership, asking: left }];
  }
  const believed = rules.believed(state.ownership, all.log);
  const node = all.nodes.findIndex(({ standing }) => standing.me[0] === believed.owner?.[0]);
  if (node < 0) return;
  const { epoch } = believed;
  const framesOf = (numbers: readonly number[]) =>
    numbers.map((n) => ({ node, epoch, asked: { by: edge, n } }));
  const numbers = toSend(asking, believed);
  if (numbers.length > 0) {
    const then = { asking: sent(asking, numbers, epoch), frames: [...frames, ...framesOf(numbers)] };
    yield [`the edge asks ${name(node)} in epoch ${epoch}`, { ...state, ...then }];
  } else if (asking.length > 0 && state.repeats > 0) {
    const again = framesOf(asking.map(({ n }) => n));
    const then = { frames: [...frames, ...again], repeats: state.repeats - 1 };
    yield [`the edge asks ${name(node)} again in epoch ${epoch}`, { ...state, ...then }];
  }
}

function arrives(state: State, { node, epoch, asked }: Frame, rules: AskedRules): Step {
  const { all } = state;
  const { standing } = all.nodes[node] as LogNode;
  const before = state.taken[node] as Taken;
  const after = standing.type === 'owner' ? rules.taken(before, asked, epoch) : undefined;
  if (!after) return [`${name(node)} does not take ${asked.n} of epoch ${epoch}`, state];
  const folded = all.log.upTo(standing.place);
  const batch = folded.message(nextId(all.nodes[node] as LogNode), standing.me, `command ${asked.n}`, [
    asked,
  ]);
  const next = { ...state, all: sends(all, node, batch), taken: replaced(state.taken, node, after) };
  return [`${name(node)} takes ${asked.n} of epoch ${epoch}, and sends ${said(batch)}`, next];
}

/** An owner begins its epoch with nothing taken. */
function begun(
  before: readonly Taken[],
  { nodes }: LogNodes,
  event: NodeEvent | undefined,
): readonly Taken[] {
  if (event?.type !== 'stored' || event.batch.claims === undefined) return before;
  const { node } = event;
  return replaced(before, node, nothingTaken((nodes[node] as LogNode).standing.ownership.epoch));
}

/** By the records themselves: each command is the cause of one at most, in the order of the commands. */
function wrongWithAsked({ batches }: SharedLog): string | undefined {
  const decoder = new TextDecoder();
  const texts = batches.flatMap(({ payloads }) =>
    payloads.flatMap((payload) => /"command (\d+)"/.exec(decoder.decode(payload))?.[1] ?? []),
  );
  const numbers = texts.map(Number);
  const twice = numbers.find((n, at) => numbers.indexOf(n) < at);
  if (twice !== undefined) return `a command is recorded twice: ${twice}`;
  const late = numbers.find((n, at) => n < (numbers[at - 1] ?? 0));
  return late === undefined ? undefined : `a command is recorded after a later one: ${late}`;
}

function keyOf({ all, taken, folded, asking, frames, repeats }: State): string {
  const of = taken.map(({ epoch, upTo }) => `${epoch}.${upTo[edge]}`).join(' ');
  const open = asking.map(({ n, sentIn }) => `${n}.${sentIn}`).join(' ');
  const under = frames.map(({ node, epoch, asked }) => `${node}.${epoch}.${asked.n}`).sort();
  return `${nodesKey(all)}|${of}|${folded.number}|${open}|${under}|${repeats}`;
}

const isSameLink = (one: Frame, other: Frame): boolean =>
  one.node === other.node && one.epoch === other.epoch;

const replaced = (list: readonly Taken[], at: number, taken: Taken): readonly Taken[] =>
  list.map((each, index) => (index === at ? taken : each));
