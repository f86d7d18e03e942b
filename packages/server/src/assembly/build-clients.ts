import type { ServerFrame } from '@housecount/protocol';
import { EdgeWords } from '../kicks/edge-words.ts';
import type { Messages } from '../ledger/messages/messages.ts';
import { JoinBudgets } from '../live/join-budgets.ts';
import { startFanOut } from '../live/roster/fan-out.ts';
import type { Log } from '../log/contract/log.ts';
import type { SessionReport } from '../media/contract.ts';
import { startEmbeddedMedia } from '../media/embedded/engine.ts';
import { mediaMetrics } from '../media/media-metrics.ts';
import { SocketBus } from '../net/socket/bus.ts';
import { SocketCount } from '../net/socket/socket-count.ts';
import type { ShippedFiles } from '../shipped-files.ts';
import { startSignaling } from '../signaling/signaling.ts';
import { openWhip } from '../whip/open-whip.ts';
import type { WhipService } from '../whip/service.ts';
import type { Ground } from './build-ground.ts';
import type { DataFolder } from './build-log.ts';
import { Relay } from './relay.ts';
import type { Settings } from './settings.ts';
import type { Stops } from './stops.ts';

/** When clients told to go away may come back, milliseconds. Chosen: a restart takes about one second. */
export const retryAfterMs = 2_000;

export interface Clients {
  readonly bus: SocketBus;
  readonly sockets: SocketCount;
  readonly joins: JoinBudgets;
  readonly fanOut: ReturnType<typeof startFanOut>;
  readonly signaling: ReturnType<typeof startSignaling>;
  readonly whip: WhipService;
  /** Frames about media sessions, each to the connection that has the session. */
  readonly mediaNews: Relay<[connectionId: string, frame: ServerFrame]>;
  /** What the edges say of rules about addresses. */
  readonly words: EdgeWords;
}

/** Starts the parts that serve clients: rosters, signaling, media. None of them listens yet. */
export async function buildClients(
  settings: Settings,
  ground: Ground,
  parts: Pick<DataFolder, 'resumeSecret'> & {
    readonly log: Log;
    readonly messages: Messages;
    readonly files: Pick<ShippedFiles, 'mediaChild'>;
  },
  stops: Stops,
): Promise<Clients> {
  const { common, outward, health, apps, limitsOf, onRefusedLogin } = ground;
  const { first } = settings;
  const { limits } = first;
  const { log, resumeSecret: secret } = parts;
  const bus = new SocketBus();
  const words = new EdgeWords(common.clock);
  stops.add(() => words.stop());
  const fanOut = startFanOut({ ...common, limits, log, apps: apps.ids, broadcast: bus });
  stops.add(() => fanOut.stop());
  health.register('signal', () => fanOut.trouble);
  const sockets = new SocketCount(first.listen.socketsMax, first.listen.socketsPerAddressMax);
  const signaling = startSignaling({
    ...outward,
    limits,
    limitsOf,
    apps,
    kept: parts.messages,
    log,
    broadcast: bus,
    sockets,
    words,
    secret,
    leaseMs: first.leases.signalingMs,
    recoveryMs: first.leases.recoveryMs,
    isTokenFree: first.development,
    onRefusedLogin,
  });
  // Ends with edge, which has its sockets; here in case that was never started.
  stops.add(() => signaling.stop(retryAfterMs));
  health.register('signaling', () => signaling.trouble);
  const joins = joinBudgets(settings, common);
  const mediaNews: Clients['mediaNews'] = new Relay();
  const whip = await buildWhip(settings, ground, { ...parts, joins, fanOut, words, mediaNews }, stops);
  return { bus, sockets, joins, fanOut, signaling, whip, words, mediaNews };
}

const joinBudgets = (settings: Settings, { clock }: Pick<Ground['common'], 'clock'>) =>
  new JoinBudgets(
    clock,
    {
      get perAddress() {
        return settings.now.limits.joinsPerAddress;
      },
      get perToken() {
        return settings.now.limits.joinsPerToken;
      },
    },
    settings.first.limits,
  );

/** Starts the media engine and the service over it, which is told what the engine has to tell. */
async function buildWhip(
  settings: Settings,
  { common, outward, health, apps }: Ground,
  parts: Pick<DataFolder, 'resumeSecret'> &
    Pick<Clients, 'joins' | 'fanOut' | 'words' | 'mediaNews'> & {
      readonly log: Log;
      readonly files: Pick<ShippedFiles, 'mediaChild'>;
    },
  stops: Stops,
): Promise<WhipService> {
  const { first } = settings;
  const { log, resumeSecret, joins, fanOut, words, files, mediaNews } = parts;
  const reports = new Relay<[SessionReport]>();
  const media = await startEmbeddedMedia({
    ...first.media,
    limits: first.limits,
    program: files.mediaChild,
    bindAddress: first.listen.host,
    clock: common.clock,
    logger: common.logger,
    onReport: reports.tell,
  });
  stops.add(() => media.stop());
  health.register('media', () =>
    media.pid === undefined ? 'The media engine is not running; it is being restarted.' : undefined,
  );
  const whip = openWhip({
    ...outward,
    limits: first.limits,
    apps,
    log,
    resumeSecret,
    joins,
    words,
    media,
    streams: fanOut.streams,
    onLayer: ({ connectionId, id }, layer) =>
      mediaNews.tell(connectionId, { type: 'media-layer', session: id, layer }),
    leaseMs: first.leases.rtcMs,
    sessionsPerAppMax: (app) =>
      apps.get(app)?.limits.mediaSessionsPerAppMax ?? settings.now.media.sessionsPerAppMax,
  });
  reports.listen((report) => whip.report(report));
  reports.listen((report) => {
    if (report.type === 'restarted') fanOut.tellEveryone({ type: 'media-restarted' });
  });
  whip.start();
  stops.add(() => whip.stop());
  health.register('whip', () => whip.trouble);
  mediaMetrics(common.metrics, () => media.lastStats);
  return whip;
}
