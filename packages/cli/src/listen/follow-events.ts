import { answerOf } from '../server/answer.ts';
import { RefusedError } from '../server/refused-error.ts';
import { ask, type ServerAccess } from '../server/server-access.ts';
import { pause, persist } from './persist.ts';
import { isPage, type PulledEvent, type PulledPage, readPage } from './pulled-event.ts';

/** Events in one answer: few enough that little is told again after an end in the middle. */
const pageSize = 100;
/** Time that the server may wait for an event, seconds: below the silence after which proxies and firewalls cut connections. */
const waitSeconds = 25;
/** An answer that takes longer than the wait and this is lost: the connection is dead, milliseconds. */
const answerMs = 15_000;
/** An empty answer sooner than this did not wait: the next request waits by itself, milliseconds. */
const emptyMsMin = 1_000;

/** The position to begin at: `now`, `start` (the oldest event kept), a time in epoch milliseconds, or the cursor of an answer. */
export type Beginning = 'now' | 'start' | { readonly sinceMs: number } | { readonly cursor: string };

export interface FollowOptions extends ServerAccess {
  readonly app: string;
  readonly from: Beginning;
  /** First pause before a failed request is made again, milliseconds; doubled up to sixteen times that. */
  readonly retryMs: number;
  /** A server that cannot be reached at first is waited for; without it that is an error. */
  readonly waitsForServer?: boolean;
  /** The first answer has come, or the first one after a loss. */
  readonly onConnected: () => void;
  readonly onLost: (reason: string) => void;
  /** Called when the next events are no longer kept; following goes on with the oldest event that is. */
  readonly onNoLongerKept: (reason: string) => void;
}

/** The events of one answer; may be none. */
export interface Followed {
  readonly events: readonly PulledEvent[];
  /** Going on from here gives these events again; undefined in the first answer to `now` or a time. */
  readonly before: string | undefined;
  /** Going on from here gives what comes after them. */
  readonly after: string;
}

/**
 * The events of an app for ever, by pulling: over any loss it goes on where it was.
 * @throws RefusedError at any time; UnreachedError before the first answer, unless `waitsForServer`
 */
export async function* followEvents(options: FollowOptions, signal: AbortSignal): AsyncGenerator<Followed> {
  const { retryMs, from } = options;
  let query = queryOf(from);
  let before = query.cursor === 'now' ? undefined : query.cursor;
  let isConnected = false;
  let hasWaited = false;
  let isFirst = options.waitsForServer !== true;
  const onLost = (reason: string) => {
    isConnected = false;
    options.onLost(reason);
  };
  const attempt = () => {
    // The first answer comes at once, so that a wrong login is known, and the cursor of `now`; so does one after a loss.
    hasWaited = isConnected;
    return pullOrBeginAnew(options, { ...query, wait: String(isConnected ? waitSeconds : 0) }, signal);
  };
  for (;;) {
    const askedMs = performance.now();
    const page = await persist(attempt, { retryMs, onLost, isFirst }, signal);
    if (page === undefined) return;
    isFirst = false;
    if (page === 'begin anew') {
      // Deleted again between two requests: the server is at it.
      if (before === 'start') await pause(retryMs, signal);
      before = 'start';
      query = { cursor: before };
      continue;
    }
    if (!isConnected) options.onConnected();
    isConnected = true;
    const { events, cursor, more } = page;
    yield { events, before, after: cursor };
    // Whatever stands between may answer at once for ever.
    const isHasty = hasWaited && events.length === 0 && performance.now() - askedMs < emptyMsMin;
    if (isHasty && (!more || cursor === before)) await pause(retryMs, signal);
    before = cursor;
    query = { cursor };
  }
}

async function pullOrBeginAnew(
  options: FollowOptions,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<PulledPage | 'begin anew'> {
  try {
    return await pull(options, query, signal);
  } catch (error) {
    if (!(error instanceof RefusedError) || error.code !== 'no_longer_kept') throw error;
    options.onNoLongerKept(error.message);
    return 'begin anew';
  }
}

function queryOf(from: Beginning): Readonly<Record<string, string>> {
  if (typeof from === 'string') return { cursor: from };
  return 'cursor' in from ? { cursor: from.cursor } : { since: String(from.sinceMs) };
}

async function pull(
  options: FollowOptions,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<PulledPage> {
  const parameters = new URLSearchParams({ ...query, limit: String(pageSize) });
  const totalMs = Number(query.wait ?? 0) * 1000 + answerMs;
  const timeout = AbortSignal.timeout(totalMs);
  const path = `/v1/apps/${encodeURIComponent(options.app)}/events?${parameters}`;
  try {
    const response = await ask(options, path, AbortSignal.any([signal, timeout]), { answerMs: totalMs });
    return readPage(await answerOf<Parameters<typeof readPage>[0]>(response, 'a page of events', isPage));
  } catch (error) {
    if (timeout.aborted && !signal.aborted)
      throw new Error('the server did not answer in time', { cause: error });
    throw error;
  }
}
