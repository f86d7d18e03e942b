import type { Code, Evidence } from '@housecount/protocol';
import type { ChannelKey } from '../../src/channel/channel.ts';
import type { JoinRequest } from '../../src/log/contract/commands.ts';
import { decideCommand } from '../../src/log/decide/command.ts';
import type { Decided } from '../../src/log/decide/decided.ts';
import { decideJoin } from '../../src/log/decide/join.ts';
import { type LogRecord, recordOf } from '../../src/log/record/record.ts';
import type { LogState } from '../../src/log/state/state.ts';
import { emptyState } from '../worlds/log-world.ts';
import type { Model } from './search.ts';

/** Bounds of what may happen, and what is switched off to see it found. */
export interface LostWelcomes {
  /** Logins of the client. */
  readonly tries: number;
  /** Logins of another device of the user, which may log out again. */
  readonly devices: number;
  /** Ends of a session by the backend. */
  readonly kicks: number;
  /** Leases that end. */
  readonly lapses: number;
  /** Logins have no attempt number. */
  readonly withoutAttempts?: boolean;
  /** The record of a join does not say instead of which session it is. */
  readonly joinsNameOne?: boolean;
  /** The record of a leave does not say for which session its client comes back. */
  readonly leavesNameOne?: boolean;
}

/** A login of the client, on its way to the log. */
interface Word {
  readonly attempt: number;
  /** The session that the client had heard of last. */
  readonly claimed: string;
}

/** One client, whose session has lapsed; another device; and the log, which is all that a server knows that has just started. */
interface State {
  readonly records: readonly LogRecord[];
  /** Sessions that were ever begun. */
  readonly sessions: number;
  /** The session that the client heard of last, and its newest attempt. */
  readonly heard: string;
  readonly attempt: number;
  /** The answer to its newest attempt, which it may still hear. */
  readonly answer: string | undefined;
  readonly words: readonly Word[];
  /** The sessions that the log gave to the client, and to the other device. */
  readonly clients: readonly string[];
  readonly devices: readonly string[];
  /** How others ended what the client had. */
  readonly ended?: 'kicked' | 'replaced';
  /** The client has been told how, and asks no more. */
  readonly isTold?: true;
  readonly left: Readonly<Record<'tries' | 'devices' | 'kicks' | 'lapses', number>>;
  readonly wrong?: string;
}

type Step = readonly [what: string, next: State];

const app = '0123456789abcdef0123456789abcdef';
const home: ChannelKey = { app, kind: 'user', name: 'ann' };
const nowMs = 1_700_000_000_000;

/** Welcomes are lost, and logins come late and cross: a client is let in, or told how its session ended, as it was. */
export const lostWelcomes = (bounds: LostWelcomes): Model<State> => {
  const { tries, devices, kicks, lapses } = bounds;
  const nothing = { records: [], sessions: 1, answer: undefined, words: [], clients: [], devices: [] };
  return {
    start: { ...nothing, heard: 's1', attempt: 0, left: { tries, devices, kicks, lapses } },
    stepsFrom: (state) => stepsFrom(state, bounds),
    keyOf,
    wrongWith: ({ wrong }) => wrong,
  };
};

const folds = new WeakMap<readonly LogRecord[], LogState>();

/** What the log says, read anew as after a start. */
function folded({ records }: State): LogState {
  let log = folds.get(records);
  if (!log) {
    log = emptyState();
    for (const record of records) log.absorb(record);
    folds.set(records, log);
  }
  return log;
}

function member(state: State) {
  const channel = folded(state).channel(home);
  return channel.sid === undefined ? undefined : channel.roster.page(0, 1)[0];
}

const there = (state: State): string | undefined => member(state)?.connectionId;

/** The records after those of a decision, with what they do not say left out. */
const recorded = (
  state: State,
  { records }: Extract<Decided, { ok: true }>,
  { joinsNameOne = false, leavesNameOne = false }: LostWelcomes,
) => [
  ...state.records,
  ...records.map((record) => {
    if (record.type !== 'channel') return record;
    const { key, change } = record;
    const isLess = { 'member-joined': joinsNameOne, 'member-left': leavesNameOne };
    if (change.type !== 'member-joined' && change.type !== 'member-left') return record;
    const { insteadOf: _, ...less } = change;
    return isLess[change.type] ? recordOf(key, less) : record;
  }),
];

function keyOf(state: State): string {
  const { records: _, words, clients, devices, ...rest } = state;
  const log = folded(state);
  const ids = Array.from({ length: state.sessions }, (_, at) => `s${at + 1}`);
  const endings = ids.map((id) => log.endings.of(app, id, nowMs)?.code);
  const now = member(state);
  const id = now?.connectionId ?? '';
  const sorted = words.map(({ attempt, claimed }) => `${attempt} ${claimed}`).sort();
  return JSON.stringify([
    id,
    now?.insteadOf,
    now?.attempt,
    clients.includes(id),
    devices.includes(id),
    endings,
    sorted,
    rest,
  ]);
}

function* stepsFrom(state: State, bounds: LostWelcomes): Generator<Step> {
  const { left, heard, answer, words, attempt } = state;
  const less = (what: keyof State['left']) => ({ left: { ...left, [what]: left[what] - 1 } });
  if (left.tries > 0 && !state.isTold) {
    const word = { attempt: attempt + 1, claimed: heard };
    yield [
      `the client asks for ${heard}, attempt ${word.attempt}`,
      { ...state, ...less('tries'), attempt: word.attempt, answer: undefined, words: [...words, word] },
    ];
  }
  if (answer !== undefined && answer !== heard)
    yield [`the client hears of ${answer}`, { ...state, heard: answer, answer: undefined }];
  for (const word of words) {
    const others = words.filter((each) => each !== word);
    yield [`attempt ${word.attempt} is decided`, decided({ ...state, words: others }, word, bounds)];
  }
  if (left.devices > 0) yield ['another device logs in', deviceIn({ ...state, ...less('devices') }, bounds)];
  const id = there(state);
  if (id === undefined) return;
  if (state.devices.includes(id)) yield ['it logs out', ends(state, id, 'bye', bounds)];
  if (left.kicks > 0) {
    const after = ends({ ...state, ...less('kicks') }, id, 'kick', bounds);
    yield [
      'the backend ends the session',
      state.clients.includes(id) ? { ...after, ended: 'kicked' } : after,
    ];
  }
  // No word but the newest is under way for as long as a lease.
  if (left.lapses > 0 && state.clients.includes(id))
    yield [
      'the session lapses',
      {
        ...ends({ ...state, ...less('lapses') }, id, 'socket-closed', bounds),
        words: words.filter((word) => word.attempt === attempt),
      },
    ];
}

/** The log decides a login as the server asks it: to take up the session, or else to begin one. */
function decided(state: State, word: Word, bounds: LostWelcomes): State {
  const log = folded(state);
  const attempt = bounds.withoutAttempts ? 0 : word.attempt;
  const before = there(state);
  if (before === word.claimed) {
    const resume = { type: 'resume', connectionId: before, attempt } as const;
    return answered(state, word, before, decideCommand(log, home, resume, nowMs), bounds);
  }
  const id = `s${state.sessions + 1}`;
  const claim = { attempt, insteadOf: word.claimed };
  return answered({ ...state, sessions: state.sessions + 1 }, word, id, joined(log, id, claim), bounds);
}

function answered(state: State, word: Word, id: string, outcome: Decided, bounds: LostWelcomes): State {
  const before = there(state);
  const isNewest = word.attempt === state.attempt;
  if (!outcome.ok) {
    if (!isNewest) return state;
    return { ...state, isTold: true, ...judged(refusalIsWrong(state, before, outcome.code)) };
  }
  const after = { ...state, records: recorded(state, outcome, bounds), clients: [...state.clients, id] };
  return { ...after, answer: isNewest ? id : state.answer, ...judged(entryIsWrong(state, word, before)) };
}

const judged = (wrong: string | undefined) => (wrong === undefined ? {} : { wrong });

function refusalIsWrong(state: State, before: string | undefined, code: Code): string | undefined {
  const isOut = before !== undefined && state.devices.includes(before);
  if (code === state.ended || (code === 'replaced' && isOut)) return undefined;
  return `the client is told ${code}, and ${state.ended ?? 'nobody'} ended what it had`;
}

function entryIsWrong(state: State, { attempt }: Word, before: string | undefined): string | undefined {
  if (before !== undefined && state.devices.includes(before)) return 'the client pushes out another device';
  if (state.ended) return `the client is let in, though its session was ${state.ended}`;
  const newest = member(state)?.attempt ?? 0;
  return before !== undefined && attempt < newest
    ? 'an older attempt takes the place of a newer one'
    : undefined;
}

function deviceIn(state: State, bounds: LostWelcomes): State {
  const id = `s${state.sessions + 1}`;
  const outcome = joined(folded(state), id, { attempt: 0 });
  if (!outcome.ok) return { ...state, wrong: `another device is refused ${outcome.code}` };
  const before = there(state);
  return {
    ...state,
    sessions: state.sessions + 1,
    records: recorded(state, outcome, bounds),
    devices: [...state.devices, id],
    ...(before !== undefined && state.clients.includes(before) && { ended: 'replaced' as const }),
  };
}

function ends(state: State, connectionId: string, evidence: Evidence, bounds: LostWelcomes): State {
  const outcome = decideCommand(folded(state), home, { type: 'leave', connectionId, evidence }, nowMs);
  if (!outcome.ok) throw new Error(outcome.code);
  return { ...state, records: recorded(state, outcome, bounds) };
}

function joined(log: LogState, id: string, claim: Pick<JoinRequest, 'insteadOf' | 'attempt'>): Decided {
  const request: JoinRequest = {
    key: home,
    identity: { account: 'ann' },
    connectionId: id,
    connectionKind: 'signaling',
    role: 'audience',
    platform: 0,
    leaseMs: 10_000,
    ip: '',
    ...claim,
  };
  return decideJoin(log, request, { fraction: () => 0, id: () => 'A'.repeat(15) }, nowMs);
}
