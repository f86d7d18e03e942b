import type { ChannelEvent, CommunicationEvents } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { Clock, Random } from '../clock.ts';
import type { Disk } from '../engine/disk.ts';
import type { Feed } from '../log/contract/feed.ts';
import type { LogRetention } from '../log/contract/retention.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import type { AttemptReport } from './delivery/attempt.ts';
import { askedAgain } from './delivery/endpoint-health.ts';
import type { Endpoint } from './endpoint/endpoint.ts';
import { endpointFilter } from './endpoint/endpoint-filter.ts';
import { type Attempt, AttemptFeed } from './feed/attempt-feed.ts';
import type { FormedNotice } from './feed/formed-notice.ts';
import { Inspector } from './feed/inspector.ts';
import { channelOf, type Notice } from './notice/notice.ts';
import { noticeTexts } from './notice/notice-text.ts';
import { notifyMetrics, setAsideMetrics } from './notify-metrics.ts';
import { CursorStore, type KeptCursor } from './progress/cursor-store.ts';
import { DeliveryWindow } from './progress/delivery-window.ts';
import { type GivenUp, GivenUpJournal } from './progress/given-up-journal.ts';
import { LostEvents } from './progress/lost-events.ts';
import { type RedeliveryRequest, redeliver } from './redelivery/redelivery.ts';
import { passed, type Retention } from './retention/retention.ts';
import { noteMissing, RetentionWatch } from './retention/retention-watch.ts';
import type { Send } from './send/transport.ts';
import { SetAsides } from './set-aside/set-asides.ts';
import { EndpointSlot, type SlotParts, type SlotStatus } from './slot/endpoint-slot.ts';

export interface NotifyOptions {
  readonly log: Feed & LogRetention;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly send: Send;
  /** Ids differ. */
  readonly endpoints: readonly Endpoint[];
  /** Ids of those among them that begin paused. */
  readonly paused?: ReadonlySet<string>;
  /** The endpoint of this id will never come back: what a crash in the middle of its deletion left is removed at the start. */
  readonly isDeleted?: (endpointId: string) => boolean;
  /** What may wait for an endpoint; what is beyond it is lost to the endpoint, which is told so. */
  readonly retention: Retention;
  /** Of each endpoint's given-up journal; default givenUpBytesMax. */
  readonly givenUpBytesMax?: number;
  readonly communicationEventsOf: (app: string) => CommunicationEvents;
  /** Signs what listeners get; any text that stays the same. */
  readonly inspectorSecretOf: (app: string) => string;
  /** The notice was delivered, by a redelivery that somebody asked for; default: nobody knows of any. */
  readonly isDelivered?: (endpointId: string, noticeId: string) => boolean;
  /** Told of every attempt at an endpoint, redeliveries included; must neither throw nor wait. */
  readonly onAttempt?: (report: AttemptReport) => void;
}

export interface EndpointStatus extends SlotStatus {
  readonly endpointId: string;
  readonly app: string;
  readonly url: string;
  /** Log positions not yet taken, of whatever app and type, plus the notices taken and not finished. */
  readonly backlog: number;
  /** Notices kept as given up. */
  readonly givenUp: number;
  /** Events that waited for too long and were not sent. */
  readonly lost: number;
}

/** Delivery of notices to all endpoints, and what can be seen of it. */
export interface Notify {
  /** Attempts as they are made, real and virtual. */
  readonly feed: Pick<AttemptFeed, 'recent' | 'attempts'>;
  /** See Inspector.notices: notices by position, some at a time, for listeners that resume. */
  notices(
    app: string,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncIterable<readonly FormedNotice[]>;
  status(): readonly EndpointStatus[];
  /** Why notices are held up by this server, not by a receiver; undefined if they are not. */
  readonly trouble: string | undefined;
  /**
   * Begins to deliver to an endpoint, from the log's end; durable when it resolves. Fails with `body_invalid` if there
   * is one of this id, and with `log_unavailable` if its cursor or journal cannot be written.
   */
  add(endpoint: Endpoint): Promise<void>;
  /**
   * Begins to deliver to an endpoint of the configuration: where it was, if it was here before, else from the log's end.
   * Fails as `add`.
   */
  attach(endpoint: Endpoint, paused: boolean): Promise<void>;
  /** Ends delivery; cursor and journal stay, so that `attach`, and a later start, go on there. Fails with `not_found`. */
  detach(endpointId: string): Promise<void>;
  /** Other settings for the endpoint of this id: they hold from the next attempt on. Fails with `not_found`. */
  change(endpoint: Endpoint): Promise<void>;
  /** Its events wait, and the log keeps them, until `resume`. Fails with `not_found`. */
  pause(endpointId: string): Promise<void>;
  /** Goes on where it was; also where delivery paused by itself, or the receiver answered 410. Fails with `not_found`. */
  resume(endpointId: string): Promise<void>;
  /** Ends delivery and removes cursor and journal. Fails with `not_found` or `log_unavailable`. */
  remove(endpointId: string): Promise<void>;
  /**
   * Notices that an endpoint did not take, oldest first: at most `limit` after `after` (0 begins, `next` goes on).
   * Fails with `not_found` for an unknown endpoint.
   */
  givenUp(
    endpointId: string,
    after: number,
    limit: number,
  ): Promise<{ entries: readonly GivenUp[]; next: number }>;
  /** The id of an event's notice, and whether the endpoint takes it now. Fails with `not_found` for an unknown endpoint. */
  noticeOf(endpointId: string, event: ChannelEvent): { readonly noticeId: string; readonly taken: boolean };
  /** Sends notices to an endpoint once more; see redelivery.ts. Fails with `not_found` for an unknown endpoint. */
  redeliver(
    request: Omit<RedeliveryRequest, 'endpointOf'> & { endpointId: string },
  ): ReturnType<typeof redeliver>;
  /** Resolves when every endpoint that is not paused has finished all that the log now holds, and the feed has shown it; or at the stop. */
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
  const textIn = noticeTexts(options.communicationEventsOf);
  const feed = new AttemptFeed(clock);
  const cursors = await CursorStore.open({ disk, clock, logger }, ids, {
    through: log.lastPosition,
    open: [],
  });
  const slots = new Map<string, EndpointSlot>();
  const idleWaiters = new Set<() => void>();
  let stopped = false;
  const count = notifyMetrics(options.metrics, () =>
    status().map(({ endpointId: id, ...gauges }) => ({ id, ...gauges })),
  );
  const inspector = new Inspector({
    log,
    clock,
    logger,
    feed,
    textOf: (event) => textIn(event, 'agora'),
    secretOf: options.inspectorSecretOf,
    onShown: () => wakeIdle(),
  });
  const onAttempt = (report: AttemptReport) => {
    count(report);
    for (const notice of report.notices) feed.record(attemptOf(report, notice, feed.nextId()));
    options.onAttempt?.(report);
  };
  const onBug = (cause: unknown) =>
    logger.error('The transport failed in a way it should not.', { cause: String(cause) });
  const filters = new WeakMap<Endpoint, ReturnType<typeof endpointFilter>>();
  const stopping = new AbortController();
  const redeliveries = new Set<Promise<void>>();
  const { bytesPerApp } = options.retention;
  const asides = await SetAsides.open({ disk, logger, log }, bytesPerApp);
  setAsideMetrics(options.metrics, asides);
  await forgetDeleted();
  for (const endpoint of endpoints) await open(endpoint, options.paused?.has(endpoint.id) ?? false);
  // For good: the log deletes once more when it stops, which is after this.
  log.hold(() => Math.min(...[...slots.values()].map((slot) => slot.heldAfter)));
  /** Changes come one after the other, and the stop after the last. */
  let turn: Promise<void> = Promise.resolve();
  const watch = new RetentionWatch({
    log,
    clock,
    logger,
    retention: options.retention,
    slots: () => slots.values(),
    asides,
    isFor,
    // Delivery goes on meanwhile, but nobody else changes an endpoint.
    inTurn,
    onMoved: (endpointId) => {
      cursors.moved(endpointId);
      wakeIdle();
    },
  });

  return {
    feed,
    notices: (app, after, signal) => inspector.notices(app, after, signal),
    status,
    get trouble() {
      if (cursors.failing) return 'The notice cursors cannot be written.';
      const faults = [...slots.values()].flatMap((slot) => {
        const { state } = slot.status();
        // A full journal comes of what its receiver did not take, and is no reason to turn everybody away.
        const isFault = state === 'log-failed' || (state === 'journal-failed' && !slot.journal.isFull);
        return isFault ? [`Endpoint ${slot.endpoint.id}: ${state}`] : [];
      });
      const [first] = faults;
      return first && `${first}; ${faults.length} in all.`;
    },
    async givenUp(endpointId, after, limit) {
      if (!Number.isSafeInteger(after) || after < 0) throw new HousecountError('body_invalid', 'after');
      return slotOf(endpointId).journal.read(after, limit);
    },
    add: (endpoint) =>
      inTurn(async () => {
        if (slots.has(endpoint.id))
          throw new HousecountError('body_invalid', `There is an endpoint ${endpoint.id} already.`);
        await cursors.add(endpoint.id, { through: log.lastPosition, open: [] });
        await open(endpoint, false);
      }),
    attach: (endpoint, paused) =>
      inTurn(async () => {
        if (slots.has(endpoint.id))
          throw new HousecountError('body_invalid', `There is an endpoint ${endpoint.id} already.`);
        await cursors.keepOrAdd(endpoint.id, { through: log.lastPosition, open: [] });
        await open(endpoint, paused);
      }),
    detach: (endpointId) =>
      inTurn(async () => {
        const slot = slotOf(endpointId);
        await slot.stop();
        slots.delete(endpointId);
        await cursors.release(endpointId);
        await slot.close();
        wakeIdle();
      }),
    change: (endpoint) => inTurn(() => slotOf(endpoint.id).change(endpoint)),
    pause: (endpointId) =>
      inTurn(async () => {
        await slotOf(endpointId).pause();
        cursors.moved(endpointId);
        wakeIdle();
      }),
    resume: (endpointId) => inTurn(async () => slotOf(endpointId).resume()),
    remove: (endpointId) =>
      inTurn(async () => {
        const slot = slotOf(endpointId);
        await slot.stop();
        slots.delete(endpointId);
        await slot.close();
        wakeIdle();
        await forget(endpointId);
      }),
    noticeOf(endpointId, event) {
      const { endpoint } = slotOf(endpointId);
      return { noticeId: textIn(event, endpoint.format).noticeId, taken: isFor(endpoint, event) };
    },
    redeliver: (request) => redeliverTo(request),
    async waitIdle() {
      const target = log.lastPosition;
      while (!stopped && !idleAt(target)) await new Promise<void>((resolve) => idleWaiters.add(resolve));
    },
    async stop() {
      stopped = true;
      stopping.abort();
      await watch.stop();
      await turn;
      await Promise.all([
        inspector.stop(),
        ...redeliveries,
        ...[...slots.values()].map((slot) => slot.stop()),
      ]);
      await cursors.stop();
      for (const slot of slots.values()) await slot.close();
      wakeIdle();
    },
  };

  async function redeliverTo({
    endpointId,
    ...request
  }: Parameters<Notify['redeliver']>[0]): ReturnType<typeof redeliver> {
    const endpointOf = () => slotOf(endpointId).endpoint;
    endpointOf();
    const signal = AbortSignal.any([request.signal, stopping.signal]);
    const running = redeliver(
      { ...request, endpointOf, signal },
      { clock, send: options.send, textOf: textIn, onAttempt, onBug },
    );
    // The stop waits for its end, however it ends; whoever asked hears of a failure.
    const ended = running.then(
      () => {},
      () => {},
    );
    redeliveries.add(ended);
    return running.finally(() => redeliveries.delete(ended));
  }

  /** The cursor last: while it is there, the next start finds what a crash has left of the others. */
  async function forget(endpointId: string): Promise<void> {
    await GivenUpJournal.remove(disk, endpointId);
    await LostEvents.remove(disk, endpointId);
    await cursors.remove(endpointId);
  }

  async function forgetDeleted(): Promise<void> {
    const { isDeleted = () => false } = options;
    for (const endpoint of cursors.ids().filter((id) => !ids.includes(id) && isDeleted(id))) {
      try {
        await forget(endpoint);
        logger.info('What was left of a deleted endpoint is removed.', { endpoint });
      } catch (cause) {
        // It hurts nobody; the next start tries again.
        logger.warn('What was left of a deleted endpoint cannot be removed.', {
          endpoint,
          cause: String(cause),
        });
      }
    }
  }

  function isFor(endpoint: Endpoint, event: ChannelEvent): boolean {
    const filter = filters.get(endpoint) ?? endpointFilter(endpoint);
    filters.set(endpoint, filter);
    return filter(event, textIn(event, endpoint.format).eventType);
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    const mine = turn.then(() => {
      if (stopped) throw new HousecountError('going_away');
      return work();
    });
    // Whoever asked is told; the next one's turn comes all the same.
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** Makes the place of an endpoint whose cursor is stored. */
  async function open(endpoint: Endpoint, paused: boolean): Promise<void> {
    const named = { disk, clock, logger: logger.with({ endpoint: endpoint.id }) };
    const lost = await LostEvents.open(named, endpoint.id);
    // Its mark is of another log; once this one has grown past it, it would look like one of its own.
    if (lost.through > log.lastPosition) await lost.add(0, 0, lost.pending);
    const cursor = startOf(endpoint, lost.through);
    const { readAfter } = new DeliveryWindow(cursor);
    const journal = await GivenUpJournal.open(disk, endpoint.id, readAfter, options.givenUpBytesMax);
    if (journal.damagedBytes > 0)
      named.logger.error('Given-up notices of the endpoint are damaged on the disk and cannot be read.', {
        damagedBytes: journal.damagedBytes,
        whole: journal.count,
      });
    const slot = new EndpointSlot(endpoint, {
      cursor,
      journal,
      lost,
      log,
      aside: await asides.of(endpoint.app),
      partsOf,
      returning: {
        clock,
        logger: named.logger,
        ageMsMax: options.retention.ms,
        isDelivered: (noticeId) => options.isDelivered?.(endpoint.id, noticeId) ?? false,
        redeliver: (request) =>
          redeliverTo({ ...request, endpointId: endpoint.id, id: `given-up-${options.random.id(8)}` }),
      },
    });
    await noteMissing(slot, { log, clock, logger: named.logger });
    slots.set(endpoint.id, slot);
    cursors.track(endpoint.id, () => slot.cursor());
    if (!paused) slot.begin(askedAgain(slot.cursor().halt));
  }

  function partsOf(endpoint: Endpoint): SlotParts {
    return {
      clock,
      random: options.random,
      logger: logger.with({ endpoint: endpoint.id }),
      send: options.send,
      textOf: (event) => textIn(event, endpoint.format),
      onAttempt,
      onMoved: () => {
        cursors.moved(endpoint.id);
        wakeIdle();
      },
    };
  }

  /** After a crash, what was lost may be ahead of the stored cursor. */
  function startOf(endpoint: Endpoint, lostThrough: number): KeptCursor {
    const cursor = cursors.get(endpoint.id);
    if (cursor.through <= log.lastPosition) return { ...cursor, ...passed(cursor, lostThrough) };
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

  function slotOf(endpointId: string): EndpointSlot {
    const slot = slots.get(endpointId);
    if (!slot) throw new HousecountError('not_found', `There is no endpoint ${endpointId}.`);
    return slot;
  }

  function status(): EndpointStatus[] {
    return [...slots.values()].map((slot) => {
      const state = slot.status();
      const { id, app, url } = slot.endpoint;
      const backlog = Math.max(0, log.lastPosition - state.through) + state.outstanding;
      return {
        endpointId: id,
        app,
        url,
        ...state,
        backlog,
        givenUp: slot.journal.count,
        lost: slot.lost.events,
      };
    });
  }

  function idleAt(position: number): boolean {
    return (
      inspector.seen >= position &&
      [...slots.values()].every((slot) => {
        const { through, outstanding } = slot.status();
        return slot.paused || (through >= position && outstanding === 0);
      })
    );
  }

  function wakeIdle(): void {
    for (const wake of idleWaiters) wake();
    idleWaiters.clear();
  }
}

/** Of a batch, each notice is shown with its own part of the body. Each field by name: spread, they were 7 % of a batch's CPU. */
function attemptOf(report: AttemptReport, notice: Notice, id: number): Attempt {
  const { endpoint, notices, redelivery } = report;
  const { position, event, text } = notice;
  const attempt: Attempt = {
    id,
    app: endpoint.app,
    endpointId: endpoint.id,
    url: endpoint.url,
    virtual: false,
    position,
    noticeId: text.noticeId,
    eventType: text.eventType,
    channel: channelOf(event),
    attempt: report.attempt,
    atMs: report.atMs,
    durationMs: report.durationMs,
    outcome: report.outcome,
    next: report.next,
    body: notices.length > 1 ? text.at(report.atMs) : report.body,
    headers: report.headers,
  };
  return redelivery === undefined ? attempt : { ...attempt, redelivery };
}
