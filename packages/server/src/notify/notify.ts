import type { CommunicationEvents } from '@housecount/protocol';
import { HousecountError } from '@housecount/protocol';
import type { Clock, Random } from '../clock.ts';
import type { Kept } from '../kept/contract.ts';
import { limits as defaults, type LimitsOf } from '../limits.ts';
import type { Feed } from '../log/contract/feed.ts';
import type { LogRetention } from '../log/contract/retention.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import type { Notify } from './contract.ts';
import type { RunnerLimits } from './delivery/endpoint-runner.ts';
import type { Endpoint } from './endpoint/endpoint.ts';
import { AttemptFeed } from './feed/attempt-feed.ts';
import { attemptReports, type ReportListener } from './feed/attempt-reports.ts';
import { Inspector } from './feed/inspector.ts';
import { IdleWaiters } from './idle-waiters.ts';
import { Wording } from './notice/wording.ts';
import { Notifier } from './notifier.ts';
import { attemptMetrics, endpointMetrics, setAsideMetrics } from './notify-metrics.ts';
import { CursorStore } from './progress/cursor-store.ts';
import type { Cursor } from './progress/delivery-window.ts';
import { forgetDeleted, forgetEndpoint } from './progress/forget.ts';
import type { ResendLimits } from './redelivery/redelivery.ts';
import { Resender } from './redelivery/resender.ts';
import type { Retention } from './retention/retention.ts';
import { RetentionWatch } from './retention/retention-watch.ts';
import type { Send } from './send/transport.ts';
import { SetAsides } from './set-aside/set-asides.ts';
import { statusOf } from './slot/endpoint-status.ts';
import { openSlot, type SlotOpening } from './slot/open-slot.ts';
import { Slots } from './slot/slots.ts';

export interface NotifyOptions {
  readonly log: Feed & LogRetention;
  readonly kept: Kept;
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
  /** Bounds of what may wait for an endpoint; events beyond them are lost to the endpoint, which is told so. */
  readonly retention: Retention;
  /** Size of each endpoint's given-up journal, bytes; default givenUpBytesMax. */
  readonly givenUpBytesMax?: number;
  /** Default: those of limits.ts. */
  readonly limits?: RunnerLimits & ResendLimits & LimitsOf<'lostLivesMax'>;
  readonly communicationEventsOf: (app: string) => CommunicationEvents;
  /** Signs what listeners get; any text that stays the same. */
  readonly inspectorSecretOf: (app: string) => string;
  /** The notice was delivered, by a redelivery that somebody asked for; default: nobody knows of any. */
  readonly isDelivered?: (endpointId: string, noticeId: string) => boolean;
  /** Told of every attempt at an endpoint, redeliveries included; must neither throw nor wait. */
  readonly onAttempt?: ReportListener;
}

/**
 * Opens a slot per endpoint, each at its own cursor. An endpoint seen for the first time begins at the log's end:
 * what happened before it was configured is history, not news. An endpoint that is taken out of the configuration and
 * put back goes on where it was. Nothing is delivered before every place is open; a start that fails leaves nothing
 * running or open.
 */
export async function startNotify(options: NotifyOptions): Promise<Notify> {
  const { log, endpoints, metrics } = options;
  const logger = options.logger.with({ part: 'notify' });
  const named = { ...options, logger };
  const ids = new Set(endpoints.map(({ id }) => id));
  if (ids.size < endpoints.length)
    throw new HousecountError('body_invalid', 'Two endpoints have the same id.');
  // While it is not known where each endpoint is, the log keeps everything. For good: it deletes once more when it stops,
  // which is after this, and after a start that failed.
  let heldAfter = () => 0;
  log.hold(() => heldAfter());
  const wording = new Wording(options.communicationEventsOf);
  const idle = new IdleWaiters();
  const feed = new AttemptFeed(options.clock);
  const reports = attemptReports({
    logger,
    feed,
    listeners: [attemptMetrics(metrics), ...(options.onAttempt ? [options.onAttempt] : [])],
  });
  const resender = new Resender({
    ...named,
    limits: options.limits ?? defaults,
    textOf: (event, format) => wording.textOf(event, format),
    onAttempt: reports,
    onBug: (cause) => logger.error('The transport failed in a way it should not.', { cause: String(cause) }),
  });
  const cursors = await CursorStore.open(named, [...ids], newcomer(log));
  const { asides, slots } = await openPlaces(named, { ids, wording, cursors, resender, reports, idle });
  heldAfter = () => Math.min(...Array.from(slots, (slot) => slot.heldAfter));
  const inspector = new Inspector({
    ...named,
    feed,
    textOf: (event) => wording.textOf(event, 'agora'),
    secretOf: options.inspectorSecretOf,
    onShown: () => idle.wake(),
  });
  endpointMetrics(metrics, () => Array.from(slots, (slot) => statusOf(slot, log.lastPosition)));
  setAsideMetrics(metrics, asides);
  for (const slot of slots) if (!options.paused?.has(slot.endpoint.id)) slot.start();
  const watch = new RetentionWatch({
    ...named,
    places: slots,
    asides,
    isFor: (endpoint, event) => wording.isFor(endpoint, event),
    // Delivery goes on meanwhile, but nobody else changes an endpoint.
    inTurn: (work) => slots.inTurn(work),
    onMoved: moved(cursors, idle),
  });
  return new Notifier({ log, feed, inspector, cursors, slots, resender, wording, watch, idle });
}

interface PlaceParts {
  readonly wording: Wording;
  readonly cursors: CursorStore;
  readonly resender: Resender;
  readonly reports: ReportListener;
  readonly idle: IdleWaiters;
}

/** Opens the place of every endpoint; none delivers yet. If that fails, all ends as at a stop: what was opened is closed after the cursors. */
async function openPlaces(
  options: NotifyOptions,
  parts: PlaceParts & { readonly ids: ReadonlySet<string> },
): Promise<{ readonly asides: SetAsides; readonly slots: Slots }> {
  const { endpoints, retention, isDeleted = () => false } = options;
  const { ids, cursors } = parts;
  let slots: Slots | undefined;
  try {
    const asides = await SetAsides.open(options, retention.bytesPerApp);
    await forgetDeleted((id) => !ids.has(id) && isDeleted(id), { ...options, cursors });
    slots = slotsOf(options, { ...parts, asides });
    await slots.openAll(endpoints);
    return { asides, slots };
  } catch (cause) {
    await slots?.stop();
    await cursors.stop();
    await slots?.close();
    throw cause;
  }
}

/** Slots, none of them open yet. */
function slotsOf(options: NotifyOptions, parts: PlaceParts & { readonly asides: SetAsides }): Slots {
  const { random, send, retention, kept, isDelivered = () => false } = options;
  const { wording, cursors, asides, resender, reports, idle } = parts;
  const opening: SlotOpening = {
    ...options,
    cursors,
    asideOf: (app) => asides.of(app),
    givenUpBytesMax: options.givenUpBytesMax,
    running: {
      limits: options.limits ?? defaults,
      random,
      send,
      textOf: (event, format) => wording.textOf(event, format),
      onAttempt: reports,
      onMoved: moved(cursors, idle),
    },
    returning: {
      ageMsMax: retention.ms,
      isDelivered,
      redeliver: (request) => resender.redeliver(request),
    },
  };
  return new Slots({
    cursors,
    newcomer: () => newcomer(options.log),
    open: (endpoint) => openSlot(endpoint, opening),
    forget: (endpointId) => forgetEndpoint(endpointId, { kept, cursors }),
    onChange: () => idle.wake(),
  });
}

/** The cursor that an endpoint begins with if it was never there. */
const newcomer = ({ lastPosition }: Pick<Feed, 'lastPosition'>): Cursor => ({
  through: lastPosition,
  open: [],
});

const moved = (cursors: CursorStore, idle: IdleWaiters) => (endpointId: string) => {
  cursors.moved(endpointId);
  idle.wake();
};
