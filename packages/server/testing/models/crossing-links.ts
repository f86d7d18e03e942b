import { apply } from '../../src/channel/apply.ts';
import { type Channel, emptyChannel, liveKey } from '../../src/channel/channel.ts';
import type { ChannelCommand } from '../../src/channel/command.ts';
import { evolve } from '../../src/channel/evolve.ts';
import { attachmentOf } from '../../src/channel/membership/resume.ts';
import { evolveShared, type NodeLost } from '../../src/channel/shared-change.ts';
import { isUp, type Nodes, nodesAfter, noNodes } from '../../src/log/nodes/nodes.ts';
import type { Model } from './search.ts';
import { join, limitsForTests } from './test-channel.ts';

/** Bounds of what may happen, and what is switched off to see it found. */
export interface Crossing {
  /** Times that the client loses its socket, or says goodbye with a grace. */
  readonly moves: number;
  /** Its tries to resume. */
  readonly tries: number;
  /** Starts of all that there is: with the log the words under way are gone. */
  readonly restarts: number;
  /** Deaths of one node, whose words may still be under way. */
  readonly deaths: number;
  /** Words of an edge name no attachment. */
  readonly withoutAttachments?: boolean;
  /** Hellos have no attempt number. */
  readonly withoutAttempts?: boolean;
  /** A node that is lost is lost for everybody. */
  readonly lossNamesNobody?: boolean;
  /** What a lost incarnation asks is taken. */
  readonly lostMaySpeak?: boolean;
}

/** A word on its way to the log, in no order with any other. */
interface Word {
  readonly node: Node;
  /** The number of the node's incarnation that says it. */
  readonly on: number;
  readonly command:
    | Extract<ChannelCommand, { type: 'silent' | 'leave' | 'resume' }>
    | { readonly type: 'lost' };
}
type Node = 'A' | 'B';
interface Attached {
  readonly node: Node;
  readonly on: number;
  readonly attachment: number;
}

/** One client, two edges, and the words that are under way between them and the log. */
interface State {
  readonly channel: Channel;
  /** Whom the log takes for up. */
  readonly nodes: Nodes;
  /** The number of the incarnation of each node that runs; undefined: it is dead. */
  readonly running: Readonly<Record<Node, number | undefined>>;
  readonly deaths: number;
  /** The socket that the client has, welcomed. */
  readonly socket: Attached | undefined;
  /** Its newest try that is not answered. */
  readonly pending: { readonly node: Node; readonly attempt: number } | undefined;
  /** A goodbye that waits for its grace to end. */
  readonly parting: Attached | undefined;
  readonly words: readonly Word[];
  readonly moves: number;
  readonly tries: number;
  readonly restarts: number;
  /** The newest try was refused, though the member was in. */
  readonly isShutOut?: true;
}

type Step = readonly [what: string, next: State];

const T = 1_700_000_000_000;
const connectionId = 'c1';
const nodes = ['A', 'B'] as const;

/** One client that comes and goes, and words that cross: whoever is there stays, and whoever has gone does not. */
export const crossingLinks = (bounds: Crossing): Model<State> => ({
  start: begin(bounds),
  stepsFrom: (state) => stepsFrom(state, bounds),
  keyOf,
  wrongWith,
});

function begin({ moves, tries, restarts, deaths }: Crossing): State {
  const empty = emptyChannel(liveKey('app', 'x'));
  const { nodes: up, running } = started(noNodes, T);
  const on = running.A;
  const channel = decided(empty, join(1, { on }), T) ?? empty;
  const socket = { node: 'A', on, attachment: memberOf(channel)?.attachment ?? 0 } as const;
  const nobody = { pending: undefined, parting: undefined, words: [] };
  return { channel, nodes: up, running, socket, ...nobody, moves, tries, restarts, deaths };
}

/** Both nodes come up anew. */
function started(before: Nodes, atMs: number) {
  const running = { A: before.last + 1, B: before.last + 2 };
  let up = before;
  for (const node of nodes)
    up = nodesAfter(up, { type: 'node-up', atMs, node, incarnation: '', on: running[node] });
  return { nodes: up, running };
}

function* stepsFrom(state: State, bounds: Crossing): Generator<Step> {
  yield* ofTheClient(state);
  yield* ofTime(state);
  for (const [index, word] of state.words.entries()) {
    const rest = { ...state, words: state.words.filter((_, at) => at !== index) };
    if (word.command.type === 'lost') {
      yield [`the log takes that ${word.node} is lost`, lost(rest, word, bounds)];
      continue;
    }
    yield [`the log takes ${word.command.type} of ${word.node}`, taken(rest, word, word.command, bounds)];
  }
}

function* ofTheClient(state: State): Generator<Step> {
  const { socket, pending, words } = state;
  if (socket && state.moves > 0) {
    const gone = { ...state, socket: undefined, moves: state.moves - 1, words: [...words, silence(socket)] };
    yield ['the socket is lost', gone];
    if (!state.parting) yield ['the page says goodbye, with a grace', { ...gone, parting: socket }];
  }
  if (socket || state.tries === 0) return;
  for (const node of nodes) {
    const on = state.running[node];
    if (on === undefined) continue;
    // It may give up a try that is under way, which is then decided all the same.
    const attempt = (pending?.attempt ?? lastAttempt(state)) + 1;
    const command = { type: 'resume', connectionId, uid: 1, attempt, on } as const;
    const tried = {
      pending: { node, attempt },
      tries: state.tries - 1,
      words: [...words, { node, on, command }],
    };
    yield [`it resumes at ${node}`, { ...state, ...tried }];
  }
}

function* ofTime(state: State): Generator<Step> {
  const { channel, parting, words } = state;
  if (parting) {
    const { node, on, attachment } = parting;
    const command = { type: 'leave', connectionId, attachment, evidence: 'bye' } as const;
    yield ['the grace ends', { ...state, parting: undefined, words: [...words, { node, on, command }] }];
  }
  if (state.restarts > 0) yield ['the server starts again', restarted(state)];
  if (state.deaths > 0) for (const node of nodes) yield [`${node} dies`, died(state, node)];
  const link = memberOf(channel)?.link;
  if (link?.state !== 'silent') return;
  yield [
    'the lease ends',
    { ...state, channel: decided(channel, { type: 'tick' }, link.leaseEndsMs) ?? channel },
  ];
}

/** Nothing is under way any more, and whoever was up is lost, the last one for everybody. */
function restarted(state: State): State {
  const { lastAtMs } = state.channel;
  let { channel, nodes: up } = state;
  const gone = up.up;
  for (const [at, { on }] of gone.entries()) {
    const loss = lossOf(on, lastAtMs, at === gone.length - 1);
    channel = evolveShared(channel, loss);
    up = nodesAfter(up, loss);
  }
  const forgotten = { socket: undefined, pending: undefined, parting: undefined, words: [] };
  return { ...state, ...forgotten, channel, ...started(up, lastAtMs), restarts: state.restarts - 1 };
}

/** One node dies: its sockets, what it waits for, and nothing of what it has said. Somebody notices, some time. */
function died(state: State, node: Node): State {
  const on = state.running[node];
  if (on === undefined) return state;
  const { socket, pending, parting } = state;
  return {
    ...state,
    running: { ...state.running, [node]: undefined },
    deaths: state.deaths - 1,
    socket: socket?.node === node ? undefined : socket,
    pending: pending?.node === node ? undefined : pending,
    parting: parting?.node === node ? undefined : parting,
    words: [...state.words, { node, on, command: { type: 'lost' } }],
  };
}

function lost(state: State, { on }: Word, { lossNamesNobody }: Crossing): State {
  const loss = lossOf(on, state.channel.lastAtMs, lossNamesNobody === true);
  return { ...state, channel: evolveShared(state.channel, loss), nodes: nodesAfter(state.nodes, loss) };
}

const lossOf = (on: number, atMs: number, wasLast: boolean): NodeLost => ({
  type: 'node-lost',
  atMs,
  node: '',
  incarnation: '',
  on,
  lastAliveMs: T,
  leaseEndsMs: atMs + 10_000,
  ...(wasLast && { wasLast }),
});

/** The log decides what an edge said, and the edge does what follows. */
function taken(
  state: State,
  { node, on }: Word,
  command: Exclude<Word['command'], { type: 'lost' }>,
  bounds: Crossing,
): State {
  if (!isUp(state.nodes, { on, node, incarnation: '' }) && !bounds.lostMaySpeak) return state;
  const { pending } = state;
  const isNewest = command.type === 'resume' && pending?.node === node && pending.attempt === command.attempt;
  const answered = isNewest ? { ...state, pending: undefined } : state;
  const decision = apply(state.channel, asSent(command, bounds), state.channel.lastAtMs, limitsForTests);
  if ('refused' in decision)
    return isNewest && memberOf(state.channel) ? { ...answered, isShutOut: true } : answered;
  const channel = decision.changes.reduce<Channel>(evolve, state.channel);
  if (command.type !== 'resume') return { ...answered, channel };
  const attached = { node, on, attachment: attachmentOf(decision.changes, connectionId) ?? 0 };
  if (!isNewest && state.running[node] !== on) return { ...answered, channel };
  // Nobody waits at the socket any more that it was for.
  if (!isNewest) return { ...answered, channel, words: [...state.words, silence(attached)] };
  const parting = state.parting?.node === node ? undefined : state.parting;
  return { ...answered, channel, socket: attached, parting };
}

function asSent(
  command: Exclude<Word['command'], { type: 'lost' }>,
  { withoutAttachments, withoutAttempts }: Crossing,
): ChannelCommand {
  if (command.type === 'resume') {
    const { attempt: _, ...rest } = command;
    return withoutAttempts ? rest : command;
  }
  const { attachment: _, ...rest } = command;
  return withoutAttachments ? rest : command;
}

function silence({ node, on, attachment }: Attached): Word {
  const command = { type: 'silent', connectionId, attachment, lastHeardMs: T } as const;
  return { node, on, command: { ...command, evidence: 'socket-closed' } };
}

function wrongWith({ channel, socket, pending, parting, words, isShutOut }: State): string | undefined {
  const member = memberOf(channel);
  if (isShutOut) return 'the newest try is refused, though the member is in';
  if (!member && socket) return 'the member has left, and its client is there and was welcomed';
  const isQuiet = words.length === 0 && !parting && !pending && !socket;
  if (isQuiet && member?.link.state === 'live') return 'nobody is there, and the member is live for ever';
  return undefined;
}

const memberOf = ({ sid, ...channel }: Channel) =>
  sid === undefined || !('roster' in channel) ? undefined : channel.roster.get(1);

/** Attempts of before a restart of the server count on: the client keeps the number with its key. */
const lastAttempt = ({ channel, words }: State): number =>
  Math.max(
    memberOf(channel)?.attempt ?? 0,
    ...words.map(({ command }) => (command.type === 'resume' ? (command.attempt ?? 0) : 0)),
  );

function decided(channel: Channel, command: ChannelCommand, nowMs: number): Channel | undefined {
  const decision = apply(channel, command, nowMs, limitsForTests);
  return 'refused' in decision ? undefined : decision.changes.reduce<Channel>(evolve, channel);
}

function keyOf(state: State): string {
  const { channel, nodes: up, words, ...rest } = state;
  const { link, attachment, attempt, on, clientSeq } = memberOf(channel) ?? {};
  const numbers = up.up.map((each) => each.on);
  const under = words.map((word) => JSON.stringify(word)).sort();
  return JSON.stringify([link?.state, attachment, attempt, on, clientSeq, numbers, rest, under]);
}
