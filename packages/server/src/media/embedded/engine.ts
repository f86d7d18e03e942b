import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HousecountError } from '@housecount/protocol';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../observe/contract.ts';
import type { MediaAnswer, MediaEngine, MediaEngineOptions, MediaStats, Selection } from '../contract.ts';
import { defaultMediaLimits, type MediaChildLimits, type MediaEngineLimits } from '../engine-limits.ts';
import { mediaLimits } from '../limits.ts';
import type { ChildOptions, ChildStats, FromChild, ToChild } from './messages.ts';
import { newCounters } from './streams/counters.ts';

/** The embedded engine has this beyond the contract. */
export interface EmbeddedMedia extends MediaEngine {
  /** The one UDP port of all its sessions. */
  readonly udpPort: number;
  /** The TCP port of media; undefined if there is none. */
  readonly tcpPort: number | undefined;
  /** As the child last told, some seconds ago. */
  readonly lastStats: MediaStats;
  /** Process id of the child; undefined while it is being restarted. */
  readonly pid: number | undefined;
}

interface EmbeddedMediaOptions extends MediaEngineOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** The child's program; default: its source beside this one. */
  readonly program?: string;
}

type Request = Extract<ToChild, { id: number }>;
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
type Reply = Extract<FromChild, { id: number }>;

/**
 * Starts the embedded SFU in a child process and keeps it running. Throws HousecountError `media_unavailable` if it cannot
 * start, for instance because the UDP port is taken.
 */
export async function startEmbeddedMedia(options: EmbeddedMediaOptions): Promise<EmbeddedMedia> {
  const { announcedAddress, bindAddress } = options;
  if (announcedAddress !== 'auto' && isIP(announcedAddress) === 0)
    throw new HousecountError('media_unavailable', 'announcedAddress must be an IP address or "auto".');
  const udpPort = options.udpPort === 0 ? await freePort(bindAddress) : options.udpPort;
  const engine = new Supervisor(options, {
    udpPort,
    tcpPort: options.tcpPort ?? udpPort,
    anyTcpPort: options.udpPort === 0,
    bindAddress,
    announcedAddress,
    limits: childLimits(options.limits ?? defaultMediaLimits),
  });
  await engine.start();
  return engine;
}

/** The limits that the child needs, one by one: each message to it is copied. */
const childLimits = (limits: MediaEngineLimits): MediaChildLimits => ({
  mediaConnectMs: limits.mediaConnectMs,
  mediaEngineSessionsMax: limits.mediaEngineSessionsMax,
  mediaResendsPerSecondMax: limits.mediaResendsPerSecondMax,
  mediaRestartedSessionsMax: limits.mediaRestartedSessionsMax,
  mediaTcpConnectionsMax: limits.mediaTcpConnectionsMax,
  mediaTcpConnectionsPerAddressMax: limits.mediaTcpConnectionsPerAddressMax,
});

/** A port that was free a moment ago; the child holds it from its start on, and takes the same one after a restart. */
async function freePort(bindAddress: string): Promise<number> {
  const socket = createSocket(isIP(bindAddress) === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, bindAddress, resolve);
    });
    return socket.address().port;
  } finally {
    socket.close();
  }
}

/** The server's side of the child: requests, reports, restarts. */
class Supervisor implements EmbeddedMedia {
  readonly #options: MediaEngineOptions;
  readonly #program: string;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #childOptions: ChildOptions;
  readonly #limits: MediaEngineLimits;
  readonly #pending = new Map<number, (reply: Reply | undefined) => void>();
  #child: ChildProcess | undefined;
  #listening = false;
  #stopping = false;
  #tcpPort: number | undefined;
  #nextId = 1;
  #restarts = 0;
  #delayMs: number = mediaLimits.restartDelayMs;
  #cancelRestart: (() => void) | undefined;
  #cancelPulse: (() => void) | undefined;
  /** The counters of children that ended, as they were when last asked. */
  #before: ChildStats = noStats();
  #last: ChildStats = this.#before;

  constructor(options: EmbeddedMediaOptions, childOptions: ChildOptions) {
    this.#options = options;
    this.#program = options.program ?? fileURLToPath(new URL('./child.ts', import.meta.url));
    this.#logger = options.logger;
    this.#clock = options.clock;
    this.#childOptions = childOptions;
    this.#limits = options.limits ?? defaultMediaLimits;
  }

  get udpPort(): number {
    return this.#childOptions.udpPort;
  }

  get tcpPort(): number | undefined {
    return this.#tcpPort;
  }

  get pid(): number | undefined {
    return this.#listening ? this.#child?.pid : undefined;
  }

  async start(): Promise<void> {
    const detail = await this.#spawn();
    if (detail === undefined) return;
    await this.stop();
    throw new HousecountError('media_unavailable', detail);
  }

  publish(request: Parameters<MediaEngine['publish']>[0]): Promise<MediaAnswer> {
    return this.#ask({ type: 'publish', request });
  }

  play(request: Parameters<MediaEngine['play']>[0]): Promise<MediaAnswer> {
    return this.#ask({ type: 'play', request });
  }

  restart(session: string, offerSdp: string): Promise<MediaAnswer> {
    return this.#ask({ type: 'restart', session, offerSdp });
  }

  select(session: string, selection: Selection): void {
    this.#tell({ type: 'select', session, selection });
  }

  move(session: string, publisher: string): void {
    this.#tell({ type: 'move', session, publisher });
  }

  /** Clients come to us: where they say that they are is not asked. */
  addCandidate(): void {}

  close(session: string): void {
    this.#tell({ type: 'close', session });
  }

  requestKeyframe(room: string, publisher: string): void {
    this.#tell({ type: 'keyframe', room, publisher });
  }

  async stats(): Promise<MediaStats> {
    const isThere = await this.#count();
    return { ...this.lastStats, ...(!isThere && nobody) };
  }

  get lastStats(): MediaStats {
    return { ...sum(this.#before, this.#last), restarts: this.#restarts };
  }

  /** Asks the child what it has counted; false if it does not say. */
  async #count(isPulse = false): Promise<boolean> {
    const child = this.#child;
    const reply = await this.#request({ type: 'stats' }, isPulse);
    if (reply?.type !== 'stats' || this.#child !== child) return false;
    this.#last = reply.stats;
    return true;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelRestart?.();
    this.#cancelPulse?.();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const cancel = this.#clock.after(mediaLimits.stopMs, () => child.kill('SIGKILL'));
    if (child.connected) child.disconnect();
    else child.kill('SIGKILL');
    await exited;
    cancel();
  }

  async #ask(request: WithoutId<Request>): Promise<MediaAnswer> {
    const reply = await this.#request(request);
    if (reply?.type === 'answer') return reply.answer;
    return { ok: false, code: 'media_unavailable', detail: 'The media engine is not running or too busy.' };
  }

  /** `isPulse`: asked even when too much waits already, because busy is not dead. */
  #request(request: WithoutId<Request>, isPulse = false): Promise<Reply | undefined> {
    const full = this.#pending.size >= this.#limits.mediaEngineRequestsMax && !isPulse;
    if (!this.#listening || full) return Promise.resolve(undefined);
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve) => {
      const cancel = this.#clock.after(this.#limits.mediaEngineRequestMs, () => settle(undefined));
      const settle = (reply: Reply | undefined) => {
        cancel();
        this.#pending.delete(id);
        resolve(reply);
      };
      this.#pending.set(id, settle);
      this.#tell({ ...request, id } as Request);
    });
  }

  #tell(message: ToChild): void {
    // A send that fails means the child is going: its exit settles what waits.
    if (this.#listening) this.#child?.send(message, () => undefined);
  }

  /** Starts a child; undefined once it listens, else why it does not. */
  #spawn(): Promise<string | undefined> {
    const child = spawn(process.execPath, [this.#program], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // It reads what strangers send, and needs none of the server's: settings with secrets may be variables.
      env: {},
    });
    this.#child = child;
    const startedMs = this.#clock.steadyMs();
    // Output from before the child listens says why it does not, if it cannot say so itself.
    const early: string[] = [];
    let listened = false;
    for (const output of [child.stdout, child.stderr])
      if (output !== null)
        createInterface({ input: output }).on('line', (written) => {
          const line = written.slice(0, 1000);
          if (listened) this.#logger.warn('The media process wrote a line.', { line });
          else {
            if (early.length < mediaLimits.earlyLinesMax) early.push(line);
            this.#logger.debug('The media process wrote a line.', { line });
          }
        });
    return new Promise((resolve) => {
      const cancel = this.#clock.after(mediaLimits.startMs, () => child.kill('SIGKILL'));
      child.on('message', (message: FromChild) => {
        if (message.type === 'listening') {
          cancel();
          listened = true;
          this.#listening = true;
          this.#sayPorts(message);
          this.#watch(child);
          resolve(undefined);
        } else if (message.type === 'failed') {
          this.#logger.error('The media process cannot start.', {
            code: 'media_unavailable',
            detail: message.detail,
          });
          resolve(message.detail);
          child.disconnect();
        } else this.#heard(message);
      });
      child.on('error', (cause) => this.#logger.error('The media process failed.', { cause: cause.message }));
      child.on('exit', (exitCode, signal) => {
        cancel();
        this.#exited(exitCode, signal, this.#clock.steadyMs() - startedMs);
      });
      // After all it wrote was read.
      child.on('close', () => resolve(['The media process ended while it started.', ...early].join(' ')));
      child.send({ type: 'start', options: this.#childOptions } satisfies ToChild, () => undefined);
    });
  }

  /** A firewall was opened for the next port: whoever did that must know if it is another. */
  #sayPorts({ restartPort, tcpPort, tcpTrouble }: Extract<FromChild, { type: 'listening' }>): void {
    const { udpPort } = this.#options;
    this.#tcpPort = tcpPort;
    if (tcpTrouble !== undefined)
      this.#logger.warn(
        'The TCP port of media (media.tcpPort, HOUSECOUNT_MEDIA_TCP_PORT) cannot be opened. Who has no UDP needs a TURN server.',
        { tcpPort: this.#childOptions.tcpPort, cause: tcpTrouble },
      );
    if (udpPort === 0 || restartPort === udpPort + 1) return;
    this.#logger.warn(
      'The UDP port after media.udpPort (HOUSECOUNT_MEDIA_UDP_PORT) is taken. Hosts, and viewers that change networks, ' +
        'come to another, which a firewall must let through as well: restartPort.',
      { udpPort, wanted: udpPort + 1, restartPort },
    );
  }

  /** A child that hangs is as bad as a dead one, and does not say so: it is asked, and killed if it stays silent. */
  #watch(child: ChildProcess): void {
    let missed = 0;
    const look = async () => {
      if (this.#child !== child || !this.#listening || this.#stopping) return;
      missed = (await this.#count(true)) ? 0 : missed + 1;
      if (this.#child !== child || !this.#listening || this.#stopping) return;
      if (missed >= mediaLimits.pulsesMissedMax) {
        this.#logger.error('The media process does not answer; it is killed.', { missed });
        child.kill('SIGKILL');
      } else this.#cancelPulse = this.#clock.after(mediaLimits.pulseMs, () => void look());
    };
    this.#cancelPulse = this.#clock.after(mediaLimits.pulseMs, () => void look());
  }

  #heard(message: Exclude<FromChild, { type: 'listening' | 'failed' }>): void {
    if (message.type === 'report') this.#options.onReport(message.report);
    else if (message.type === 'warning')
      // Peers cause these at will (a handshake that is broken off): they are not the operator's business.
      this.#logger.debug('The media library warned.', { warning: message.message });
    else this.#pending.get(message.id)?.(message);
  }

  #exited(exitCode: number | null, signal: string | null, livedMs: number): void {
    const listened = this.#listening;
    this.#listening = false;
    this.#before = sum(this.#before, this.#last);
    this.#last = noStats();
    for (const settle of [...this.#pending.values()]) settle(undefined);
    if (this.#stopping || (!listened && this.#restarts === 0)) return;
    if (listened && livedMs >= mediaLimits.healthyMs) this.#delayMs = mediaLimits.restartDelayMs;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, mediaLimits.restartDelayMsMax);
    this.#logger.error('The media process ended; starting another.', { exitCode, signal, livedMs, delayMs });
    this.#cancelRestart = this.#clock.after(delayMs, () => void this.#again());
  }

  async #again(): Promise<void> {
    this.#restarts += 1;
    const detail = await this.#spawn();
    if (detail === undefined && !this.#stopping) this.#options.onReport({ type: 'restarted' });
  }
}

/** What there is of a child that is not there. */
const nobody = {
  publishers: 0,
  players: 0,
  sessionsDirect: 0,
  sessionsFront: 0,
  sessionsTcp: 0,
  residentBytes: 0,
} as const;

const noStats = (): ChildStats => ({ ...nobody, cpuSeconds: 0, ...newCounters() });

function sum(a: ChildStats, b: ChildStats): ChildStats {
  return {
    publishers: b.publishers,
    players: b.players,
    sessionsDirect: b.sessionsDirect,
    sessionsFront: b.sessionsFront,
    sessionsTcp: b.sessionsTcp,
    packetsIn: a.packetsIn + b.packetsIn,
    packetsOut: a.packetsOut + b.packetsOut,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    nacksIn: a.nacksIn + b.nacksIn,
    resends: a.resends + b.resends,
    nacksOut: a.nacksOut + b.nacksOut,
    keyframeRequests: a.keyframeRequests + b.keyframeRequests,
    packetsDropped: a.packetsDropped + b.packetsDropped,
    packetsUnknown: a.packetsUnknown + b.packetsUnknown,
    packetsLostIn: a.packetsLostIn + b.packetsLostIn,
    packetsLostOut: a.packetsLostOut + b.packetsLostOut,
    cpuSeconds: a.cpuSeconds + b.cpuSeconds,
    residentBytes: b.residentBytes,
  };
}
