import { apply } from '../../src/channel/apply.ts';
import { type Channel, emptyChannel, liveKey } from '../../src/channel/channel.ts';
import type { ChannelCommand } from '../../src/channel/command.ts';
import { evolve } from '../../src/channel/evolve.ts';
import { attachmentOf } from '../../src/channel/membership/resume.ts';
import type { Model } from './search.ts';
import { join, limitsForTests } from './test-channel.ts';

/** Bounds of what may happen, and what is switched off to see it found. */
export interface Crossing {
  /** Times that the client loses its socket, or says goodbye with a grace. */
  readonly moves: number;
  /** Its tries to resume. */
  readonly tries: number;
  readonly restarts: number;
  /** Words of an edge name no attachment. */
  readonly withoutAttachments?: boolean;
  /** Hellos have no attempt number. */
  readonly withoutAttempts?: boolean;
}

/** A word on its way to the log, in no order with any other. */
interface Word {
  readonly node: Node;
  readonly command: Extract<ChannelCommand, { type: 'silent' | 'leave' | 'resume' }>;
}
type Node = 'A' | 'B';
interface Attached {
  readonly node: Node;
  readonly attachment: number;
}

/** One client, two edges, and the words that are under way between them and the log. */
interface State {
  readonly channel: Channel;
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

function begin({ moves, tries, restarts }: Crossing): State {
  const channel = decided(emptyChannel(liveKey('app', 'x')), join(1), T) ?? emptyChannel(liveKey('app', 'x'));
  const socket = { node: 'A', attachment: memberOf(channel)?.attachment ?? 0 } as const;
  return { channel, socket, pending: undefined, parting: undefined, words: [], moves, tries, restarts };
}

function* stepsFrom(state: State, bounds: Crossing): Generator<Step> {
  yield* ofTheClient(state);
  yield* ofTime(state);
  for (const [index, word] of state.words.entries()) {
    const rest = { ...state, words: state.words.filter((_, at) => at !== index) };
    yield [`the log takes ${word.command.type} of ${word.node}`, taken(rest, word, bounds)];
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
    // It may give up a try that is under way, which is then decided all the same.
    const attempt = (pending?.attempt ?? lastAttempt(state)) + 1;
    const command = { type: 'resume', connectionId, uid: 1, attempt } as const;
    const tried = {
      pending: { node, attempt },
      tries: state.tries - 1,
      words: [...words, { node, command }],
    };
    yield [`it resumes at ${node}`, { ...state, ...tried }];
  }
}

function* ofTime(state: State): Generator<Step> {
  const { channel, parting, words } = state;
  if (parting) {
    const { node, attachment } = parting;
    const command = { type: 'leave', connectionId, attachment, evidence: 'bye' } as const;
    yield ['the grace ends', { ...state, parting: undefined, words: [...words, { node, command }] }];
  }
  if (state.restarts > 0) {
    const recover = { type: 'recover', lastAliveMs: T, recoveryMs: 10_000 } as const;
    const forgotten = { socket: undefined, pending: undefined, parting: undefined, words: [] };
    const then = decided(channel, recover, channel.lastAtMs) ?? channel;
    yield [
      'the server starts again',
      { ...state, ...forgotten, channel: then, restarts: state.restarts - 1 },
    ];
  }
  const link = memberOf(channel)?.link;
  if (link?.state !== 'silent') return;
  yield [
    'the lease ends',
    { ...state, channel: decided(channel, { type: 'tick' }, link.leaseEndsMs) ?? channel },
  ];
}

/** The log decides what an edge said, and the edge does what follows. */
function taken(state: State, { node, command }: Word, bounds: Crossing): State {
  const { pending } = state;
  const isNewest = command.type === 'resume' && pending?.node === node && pending.attempt === command.attempt;
  const answered = isNewest ? { ...state, pending: undefined } : state;
  const decision = apply(state.channel, asSent(command, bounds), state.channel.lastAtMs, limitsForTests);
  if ('refused' in decision)
    return isNewest && memberOf(state.channel) ? { ...answered, isShutOut: true } : answered;
  const channel = decision.changes.reduce<Channel>(evolve, state.channel);
  if (command.type !== 'resume') return { ...answered, channel };
  const attached = { node, attachment: attachmentOf(decision.changes, connectionId) ?? 0 };
  // Nobody waits at the socket any more that it was for.
  if (!isNewest) return { ...answered, channel, words: [...state.words, silence(attached)] };
  const parting = state.parting?.node === node ? undefined : state.parting;
  return { ...answered, channel, socket: attached, parting };
}

function asSent(command: Word['command'], { withoutAttachments, withoutAttempts }: Crossing): ChannelCommand {
  if (command.type === 'resume') {
    const { attempt: _, ...rest } = command;
    return withoutAttempts ? rest : command;
  }
  const { attachment: _, ...rest } = command;
  return withoutAttachments ? rest : command;
}

function silence({ node, attachment }: Attached): Word {
  const command = { type: 'silent', connectionId, attachment, lastHeardMs: T } as const;
  return { node, command: { ...command, evidence: 'socket-closed' } };
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
  const { channel, words, ...rest } = state;
  const { link, attachment, attempt, clientSeq } = memberOf(channel) ?? {};
  const under = words.map((word) => JSON.stringify(word)).sort();
  return JSON.stringify([link?.state, attachment, attempt, clientSeq, rest, under]);
}
