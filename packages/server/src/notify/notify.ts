import type { CommunicationEvents } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { Clock, Random } from '../clock.ts';
import type { Disk } from '../engine/disk.ts';
import type { Log } from '../log/contract.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import { AttemptFeed } from './attempt-feed.ts';
import { CursorStore } from './cursor-store.ts';
import type { Endpoint } from './endpoint.ts';
import { type AttemptReport, EndpointRunner, type RunnerStatus } from './endpoint-runner.ts';
import { type GivenUp, GivenUpJournal } from './given-up-journal.ts';
import { type FormedNotice, Inspector } from './inspector.ts';
import { noticeTexts } from './notice-text.ts';
import { notifyMetrics } from './notify-metrics.ts';
import type { Send } from './transport.ts';

export interface NotifyOptions {
  /** `hold`: keeps the log from deleting what an endpoint has not finished. */
  readonly log: Pick<Log, 'follow' | 'lastPosition'> & Partial<Pick<Log, 'hold'>>;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly send: Send;
  /** Ids differ. */
  readonly endpoints: readonly Endpoint[];
  readonly communicationEventsOf: (app: string) => CommunicationEvents;
  /** Signs what listeners get; any text that stays the same. */
  readonly inspectorSecretOf: (app: string) => string;
  /** Told of every attempt at an endpoint, redeliveries included; must neither throw nor wait. */
  readonly onAttempt?: (report: AttemptReport) => void;
}

export interface EndpointStatus extends RunnerStatus {
  readonly endpointId: string;
  readonly app: string;
  readonly url: string;
  /** Log positions not yet taken, of whatever app and type, plus the notices taken and not finished. */
  readonly backlog: number;
  /** Notices kept as given up. */
  readonly givenUp: number;
}

/** Delivery of notices to all endpoints, and what can be seen of it. */
export interface Notify {
  /** Attempts as they are made, real and virtual. */
  readonly feed: Pick<AttemptFeed, 'recent' | 'attempts'>;
  /** See Inspector.notices: notices by position, for listeners that resume. */
  notices(app: string, after: number | undefined, signal: AbortSignal): AsyncIterable<FormedNotice>;
  status(): readonly EndpointStatus[];
  /**
   * Notices that an endpoint did not take, oldest first: at most `limit` after `after` (0 begins, `next` goes on).
   * Fails with `not_found` for an unknown endpoint.
   */
  givenUp(
    endpointId: string,
    after: number,
    limit: number,
  ): Promise<{ entries: readonly GivenUp[]; next: number }>;
  /** Resolves when every endpoint has finished all that the log now holds, and the feed has shown it; or at the stop. */
  waitIdle(): Promise<void>;
  /** Breaks off attempts, keeps the cursors; nothing is lost, and what was under way is sent again at the next start. */
  stop(): Promise<void>;
}

/**
 * Starts a runner per endpoint, each at its own cursor. An endpoint seen for the first time begins at the log's end:
 * what happened before it was configured is history, not news. An endpoint that is taken out of the configuration and
 * put back goes on where it was.
 */
export async function startNotify(options: NotifyOptions): Promise<Notify> {
  const { log, disk, clock, endpoints } = options;
  const logger = options.logger.with({ part: 'notify' });
  const ids = endpoints.map((endpoint) => endpoint.id);
  if (new Set(ids).size < ids.length)
    throw new HousecountError('body_invalid', 'Two endpoints have the same id.');
  const textOf = noticeTexts(options.communicationEventsOf);
  const feed = new AttemptFeed();
  const cursors = await CursorStore.open({ disk, clock, logger }, ids, {
    through: log.lastPosition,
    open: [],
  });
  const journals = new Map<string, GivenUpJournal>();
  for (const id of ids) journals.set(id, await GivenUpJournal.open(disk, id));
  const idleWaiters = new Set<() => void>();
  let stopped = false;
  const count = notifyMetrics(options.metrics, () =>
    status().map(({ endpointId: id, backlog, inFlight, givenUp }) => ({ id, backlog, inFlight, givenUp })),
  );
  const inspector = new Inspector({
    log,
    clock,
    logger,
    feed,
    textOf,
    secretOf: options.inspectorSecretOf,
    onShown: () => wakeIdle(),
  });
  const onAttempt = (report: AttemptReport) => {
    count(report);
    feed.record(attemptOf(report, feed.nextId()));
    options.onAttempt?.(report);
  };
  const runners = endpoints.map((endpoint) => {
    const runner = new EndpointRunner(endpoint, startOf(endpoint), {
      log,
      clock,
      random: options.random,
      logger: logger.with({ endpoint: endpoint.id }),
      send: options.send,
      journal: journalOf(endpoint.id),
      textOf,
      onAttempt,
      onMoved: () => {
        cursors.moved(endpoint.id);
        wakeIdle();
      },
    });
    cursors.track(endpoint.id, () => runner.cursor());
    return runner;
  });
  const release = log.hold?.(() => Math.min(...runners.map((runner) => runner.finishedTo)));

  return {
    feed,
    notices: (app, after, signal) => inspector.notices(app, after, signal),
    status,
    async givenUp(endpointId, after, limit) {
      if (!Number.isSafeInteger(after) || after < 0) throw new HousecountError('body_invalid', 'after');
      return journalOf(endpointId).read(after, limit);
    },
    async waitIdle() {
      const target = log.lastPosition;
      while (!stopped && !idleAt(target)) await new Promise<void>((resolve) => idleWaiters.add(resolve));
    },
    async stop() {
      stopped = true;
      await Promise.all([inspector.stop(), ...runners.map((runner) => runner.stop())]);
      await cursors.stop();
      for (const journal of journals.values()) await journal.close();
      release?.();
      wakeIdle();
    },
  };

  function startOf(endpoint: Endpoint) {
    const cursor = cursors.get(endpoint.id);
    if (cursor.through <= log.lastPosition) return cursor;
    logger.warn(
      'The cursor lies beyond the log, which must be another one; the endpoint begins at its end.',
      {
        endpoint: endpoint.id,
        cursor: cursor.through,
        lastPosition: log.lastPosition,
      },
    );
    return { through: log.lastPosition, open: [] };
  }

  function journalOf(endpointId: string): GivenUpJournal {
    const journal = journals.get(endpointId);
    if (!journal) throw new HousecountError('not_found', `There is no endpoint ${endpointId}.`);
    return journal;
  }

  function status(): EndpointStatus[] {
    return runners.map((runner) => {
      const state = runner.status();
      const { id, app, url } = runner.endpoint;
      const backlog = Math.max(0, log.lastPosition - state.through) + state.outstanding;
      return { endpointId: id, app, url, ...state, backlog, givenUp: journalOf(id).count };
    });
  }

  function idleAt(position: number): boolean {
    return (
      inspector.seen >= position &&
      runners.every((runner) => {
        const { through, outstanding } = runner.status();
        return through >= position && outstanding === 0;
      })
    );
  }

  function wakeIdle(): void {
    for (const wake of idleWaiters) wake();
    idleWaiters.clear();
  }
}

function attemptOf(report: AttemptReport, id: number) {
  const { endpoint, event, ...rest } = report;
  return {
    id,
    app: endpoint.app,
    endpointId: endpoint.id,
    url: endpoint.url,
    virtual: false,
    channel: event.channel,
    ...rest,
  };
}
