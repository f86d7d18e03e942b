import { type Code, protocolVersion, type Role } from '@housecount/protocol';
import { buildRtcToken } from '@housecount/server/token/build';
import { openSocket } from '../server/insecure.ts';
import { below, connectPath } from '../server/server-access.ts';
import { CausesOfLoss } from './causes-of-loss.ts';
import { Viewer } from './viewer.ts';

export interface AudienceOptions {
  /** The server's address: http:// or https://. */
  readonly url: string;
  readonly app: string;
  /** Absent: the app has none, and admits without a token. */
  readonly certificate?: string;
  readonly channel: string;
  /** Viewers with the uids 1 … audience. */
  readonly audience: number;
  /** Broadcasters with the uids after those; default none. They send no media. */
  readonly hosts?: number;
  /** Viewers a second that leave and join again, each in turn; default none. */
  readonly churnPerSecond?: number;
  /** Time that all stay after the last has joined, milliseconds; without it they stay until the signal aborts. */
  readonly stayMs?: number;
  /** Joins and leaves under way at once; default 100. */
  readonly underWayMax?: number;
  readonly insecure?: boolean;
  /** First pause before a lost viewer comes back, milliseconds; default 500. */
  readonly retryMs?: number;
  /** Progress callback, called at most a few times a second. */
  readonly onProgress?: (
    counts: AudienceCounts & { readonly phase: 'joining' | 'staying' | 'leaving' },
  ) => void;
}

export interface AudienceCounts {
  /** Viewers that are in now. */
  readonly present: number;
  readonly peak: number;
  /** Joins that made a new membership. */
  readonly joins: number;
  /** Memberships taken up again after a lost connection. */
  readonly resumes: number;
  /** Goodbyes that the server confirmed. */
  readonly leaves: number;
  /** Goodbyes that nobody confirmed. */
  readonly unheard: number;
  /** Connections lost, each coming back. */
  readonly lost: number;
  /** Tries to connect that failed; each is tried again. */
  readonly unreached: number;
  /** Why, in sentences, with how many each; filled in at the end. */
  readonly unreachedBecause: Readonly<Record<string, number>>;
  /** Hellos that were refused, by code. */
  readonly refusals: Readonly<Partial<Record<Code, number>>>;
  /** Viewers that the server put out, by code. */
  readonly removals: Readonly<Partial<Record<Code, number>>>;
}

const tokenSeconds = 86_400;
const progressMs = 250;

/**
 * Fills a channel with viewers, keeps them there, and lets them leave normally: at the end of the stay, or when the
 * signal aborts. Never rejects for what the server does: that is in the counts.
 */
export async function simulateAudience(
  options: AudienceOptions,
  signal: AbortSignal,
): Promise<AudienceCounts> {
  const audience = new Audience(options);
  const { audience: viewers, hosts = 0, underWayMax = 100, churnPerSecond = 0, stayMs } = options;
  const seats = Array.from({ length: viewers + hosts }, (_, index) =>
    audience.seat(index + 1, index < viewers ? 'audience' : 'broadcaster'),
  );
  let phase: 'joining' | 'staying' | 'leaving' = 'joining';
  const progress = setInterval(() => options.onProgress?.({ ...audience.counts(), phase }), progressMs);
  try {
    await inTurn(seats, underWayMax, (seat) => seat.join(), signal);
    phase = 'staying';
    const stopChurn = churnPerSecond > 0 ? churn(seats.slice(0, viewers), churnPerSecond) : undefined;
    await pause(stayMs, signal);
    await stopChurn?.();
    phase = 'leaving';
    await inTurn(seats, underWayMax, (seat) => seat.leave());
  } finally {
    clearInterval(progress);
  }
  return { ...audience.counts(), unreachedBecause: await audience.unreachedBecause() };
}

/** One viewer and the caller that waits for its next step. */
interface Seat {
  readonly viewer: Viewer;
  /** Resolves at the first outcome: in, refused, or not reached; it then goes on trying by itself. */
  join(): Promise<void>;
  /** Resolves when it is out. */
  leave(): Promise<void>;
}

class Audience {
  readonly #options: AudienceOptions;
  readonly #counts = {
    present: 0,
    peak: 0,
    joins: 0,
    resumes: 0,
    leaves: 0,
    unheard: 0,
    lost: 0,
    unreached: 0,
    unreachedBecause: {},
  };
  readonly #causes = new CausesOfLoss();
  readonly #refusals: Partial<Record<Code, number>> = {};
  readonly #removals: Partial<Record<Code, number>> = {};
  readonly #socketUrl: string;

  constructor(options: AudienceOptions) {
    this.#options = options;
    const url = below(options.url, connectPath);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#socketUrl = url.href;
  }

  counts(): AudienceCounts {
    return { ...this.#counts, refusals: { ...this.#refusals }, removals: { ...this.#removals } };
  }

  unreachedBecause(): Promise<Readonly<Record<string, number>>> {
    return this.#causes.inSentences(new URL(this.#options.url));
  }

  seat(uid: number, role: Role): Seat {
    const { app, certificate, channel, insecure = false, retryMs = 500 } = this.#options;
    const counts = this.#counts;
    let wake: (() => void) | undefined;
    let isPresent = false;
    const step = (presentNow: boolean) => {
      if (presentNow !== isPresent) counts.present += presentNow ? 1 : -1;
      isPresent = presentNow;
      counts.peak = Math.max(counts.peak, counts.present);
      wake?.();
      wake = undefined;
    };
    const viewer = new Viewer({
      hello: {
        version: protocolVersion,
        app,
        channel,
        uid,
        role,
        profile: 'live',
        platform: 7,
        ...(certificate !== undefined && {
          token: buildRtcToken({
            appId: app,
            certificate,
            channel,
            identity: { uid },
            role,
            expireSeconds: tokenSeconds,
            issuedSeconds: Math.floor(Date.now() / 1000),
            salt: 1 + Math.floor(Math.random() * 99_999_999),
          }),
        }),
      },
      open: () => openSocket(this.#socketUrl, insecure),
      retryMs,
      reports: {
        joined: (resumed) => {
          counts[resumed ? 'resumes' : 'joins'] += 1;
          step(true);
        },
        refused: (code) => {
          this.#refusals[code] = (this.#refusals[code] ?? 0) + 1;
          step(false);
        },
        lost: (wasIn, cause) => {
          counts[wasIn ? 'lost' : 'unreached'] += 1;
          if (!wasIn) this.#causes.add(cause);
          step(false);
        },
        left: (how) => {
          if (how !== 'never-in') counts[how === 'heard' ? 'leaves' : 'unheard'] += 1;
          step(false);
        },
        removed: (code) => {
          this.#removals[code] = (this.#removals[code] ?? 0) + 1;
          step(false);
        },
      },
    });
    const next = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      });
    return {
      viewer,
      async join() {
        if (!viewer.isOut) return;
        viewer.join();
        await next();
      },
      async leave() {
        viewer.leave();
        while (!viewer.isOut) await next();
      },
    };
  }
}

/** Takes a step with every seat, at most `underWayMax` at once; begins no more once the signal aborts. */
async function inTurn(
  seats: readonly Seat[],
  underWayMax: number,
  step: (seat: Seat) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const queue = seats.values();
  const worker = async () => {
    for (const seat of queue) {
      if (signal?.aborted) return;
      await step(seat);
    }
  };
  await Promise.all(Array.from({ length: Math.min(underWayMax, seats.length) }, worker));
}

/** Interval at which churn is dealt out, milliseconds. */
const churnTickMs = 20;

/** Lets seats leave and join again, in turn, so many a second. The returned function ends it and waits for those under way. */
function churn(seats: readonly Seat[], perSecond: number): () => Promise<void> {
  const underWay = new Set<Promise<void>>();
  const startMs = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond);
    // No more than a round of the seats at once: a server that is behind is not pushed further.
    for (; done < due && underWay.size < seats.length; done++) {
      const seat = seats[done % seats.length];
      if (!seat?.viewer.isIn) continue;
      const round = seat
        .leave()
        .then(() => seat.join())
        .finally(() => underWay.delete(round));
      underWay.add(round);
    }
  }, churnTickMs);
  return async () => {
    clearInterval(timer);
    await Promise.all(underWay);
  };
}

function pause(delayMs: number | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = delayMs === undefined ? undefined : setTimeout(done, delayMs);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
