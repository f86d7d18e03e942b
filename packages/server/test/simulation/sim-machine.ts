import type { Clock } from '../../src/clock.ts';
import type { LogStore } from '../../src/engine/contract.ts';
import type { Disk } from '../../src/engine/disk.ts';
import { openEmbeddedLog } from '../../src/engine/embedded/embedded-log.ts';
import { fixed } from '../../src/fixed-limits.ts';
import type { Kept } from '../../src/kept/contract.ts';
import { keptFiles } from '../../src/kept/files/kept-files.ts';
import type { Log } from '../../src/log/contract/log.ts';
import { openLog } from '../../src/log/open-log.ts';
import type { Notify } from '../../src/notify/contract.ts';
import type { Endpoint } from '../../src/notify/endpoint/endpoint.ts';
import { startNotify } from '../../src/notify/notify.ts';
import type { Retention } from '../../src/notify/retention/retention.ts';
import type { Send } from '../../src/notify/send/transport.ts';
import type { Logger } from '../../src/observe/contract.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { SimClock, SimProcessClock } from './sim-clock.ts';
import type { CrashKind, SimDisk } from './sim-disk.ts';
import { type EdgeSabotage, SimEdge } from './sim-edge.ts';
import type { SimRandom } from './sim-random.ts';
import type { Truth } from './truth.ts';

export const recoveryMs = 15_000;

/** The faults that a test may add on purpose, to see the judges notice. */
export interface Sabotage extends EdgeSabotage {
  readonly recoveryMs?: number;
  readonly syncIsALie?: boolean;
  /** Nobody is ever shown as interrupted for a restart. */
  readonly withoutAbsent?: boolean;
  readonly wrapDisk?: (disk: Disk) => Disk;
  readonly wrapSend?: (send: Send) => Send;
  /** Done at each start, before anybody is served. */
  readonly spoil?: (log: Log) => Promise<unknown>;
}

/** One run of the server process. */
export interface Life {
  readonly process: SimProcessClock;
  readonly edge: SimEdge;
  readonly log: Log;
  readonly notify: Notify;
  readonly store: LogStore;
  readonly kept: Kept;
  readonly stopping: AbortController;
  /** Resolves when the process is no more. */
  readonly ended: Promise<void>;
  /** When the process began, in the log's time, and when it served, by the clock that only runs. */
  readonly beganMs: number;
  readonly servedMs: number;
}

export interface MachineOptions {
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly random: SimRandom;
  readonly truth: Truth;
  readonly endpoints: readonly Endpoint[];
  /** The retention of notices that wait for endpoints; absent: they are kept for ever. */
  readonly retention?: Retention;
  readonly sendOf: (process: SimProcessClock) => Send;
  readonly sabotage: Sabotage;
}

/** The machine that the server runs on, again and again: the real log, engine and notify, and an edge of the simulation. */
export class SimMachine {
  /** The running process, once it serves. */
  life: Life | undefined;
  readonly #options: MachineOptions;
  #process: SimProcessClock | undefined;
  #end: () => void = () => undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  /** Starts the process; resolves when it serves, or never if it is crashed before. A failing disk is tried again. */
  async start(): Promise<void> {
    const { clock, truth } = this.#options;
    // The data folder's lock refuses a second process.
    if (this.#process?.alive) return;
    const process = clock.process();
    this.#process = process;
    const beganMs = clock.nowMs();
    try {
      const life = await this.#boot(process);
      if (!process.alive) return;
      truth.boots.push({ beganMs, upMs: clock.nowMs() });
      this.life = life;
      this.#closeWhoLeft(life).catch((cause: unknown) => {
        if (life === this.life) truth.failures.push(`the log cannot be read: ${String(cause)}`);
      });
      this.#judgeShown(life);
      this.#look(life);
    } catch (error) {
      if (!process.alive) return;
      process.kill();
      this.#options.disk.crash('process');
      if (!truth.faulty(beganMs, clock.nowMs()))
        truth.failures.push(`the server did not start: ${String(error)}`);
      else clock.process().after(1000, () => void this.start());
    }
  }

  /** Ends the process in the middle of whatever it does. */
  crash(kind: CrashKind): void {
    const { clock, disk, truth } = this.#options;
    if (!this.#process?.alive) return;
    this.#process.kill();
    truth.crashes.push({ atMs: clock.nowMs(), kind });
    disk.crash(kind);
    this.life = undefined;
    this.#end();
  }

  /** A clean stop; resolves when the process has ended. */
  async stop(): Promise<void> {
    const { life } = this;
    if (!life) return;
    this.life = undefined;
    const { clock, truth, disk } = this.#options;
    life.stopping.abort();
    this.#end();
    truth.crashes.push({ atMs: clock.nowMs(), kind: 'stop' });
    const beganMs = clock.nowMs();
    try {
      await life.notify.stop();
      await life.log.stop();
      await life.store.close();
    } catch (error) {
      if (!truth.faulty(beganMs, clock.nowMs()))
        truth.failures.push(`the server did not stop: ${String(error)}`);
    }
    if (!life.process.alive) return;
    life.process.kill();
    disk.crash('process');
  }

  async #boot(process: SimProcessClock): Promise<Life> {
    const { disk, random, endpoints, sendOf, sabotage, truth } = this.#options;
    const beganMs = process.nowMs();
    disk.faults.syncIsALie = sabotage.syncIsALie ?? false;
    const mounted = (sabotage.wrapDisk ?? same)(disk.mount(process));
    const engine = await openEmbeddedLog({ disk: mounted, logger, clock: process, segmentBytesMax: 8192 });
    const store = notingGaps(engine, process, truth);
    const metrics = createMetrics();
    const log = await openLog({
      store,
      partition: 'main',
      clock: process,
      random: random.fork(),
      logger,
      metrics,
      recoveryMs: sabotage.recoveryMs ?? recoveryMs,
      retentionMs: Number.MAX_SAFE_INTEGER,
      retentionBytes: Number.MAX_SAFE_INTEGER,
      onFenced: (cause) => truth.failures.push(`fenced, though alone: ${cause.message}`),
    });
    await sabotage.spoil?.(log);
    const kept = keptFiles(mounted);
    const notify = await startNotify({
      log,
      kept,
      clock: process,
      random: random.fork(),
      logger,
      metrics,
      send: (sabotage.wrapSend ?? same)(sendOf(process)),
      endpoints,
      retention: this.#options.retention ?? {
        ms: Number.MAX_SAFE_INTEGER,
        bytes: Number.MAX_SAFE_INTEGER,
        bytesPerApp: 0,
        checkMs: 1e9,
      },
      communicationEventsOf: () => '107/108',
      inspectorSecretOf: () => 'secret',
    });
    if (!sabotage.withoutAbsent) log.opened();
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    const stopping = new AbortController();
    return {
      process,
      edge: new SimEdge({
        ...this.#options,
        process,
        log,
        logger,
        isUp: () => this.life?.process === process,
      }),
      log,
      notify,
      store,
      kept,
      stopping,
      ended,
      beganMs,
      servedMs: process.steadyMs(),
    };
  }

  async #closeWhoLeft(life: Life): Promise<void> {
    for await (const batch of life.log.follow(life.log.lastPosition, life.stopping.signal)) {
      this.#judgeShown(life);
      for (const { record } of batch) life.edge.absorb(record);
    }
  }

  /** Of who was lost by this start nobody is shown within the second that clients have to come back, and everybody who is not back soon after it. */
  #judgeShown({ log, process, beganMs, servedMs }: Life): void {
    const { truth, clock } = this.#options;
    const servesMs = process.steadyMs() - servedMs;
    const isLate =
      servesMs > 2 * fixed.absentShownMs + 1_000 && !truth.faulty(clock.nowMs() - servesMs, clock.nowMs());
    for (const channel of log.everyChannel()) {
      if (channel.sid === undefined) continue;
      for (const { uid, link } of channel.roster) {
        if (link.state === 'live' || link.evidence !== 'server-crash' || link.noticedMs < beganMs) continue;
        const name = `uid ${uid} in ${channel.key.name}`;
        if (!link.untold && servesMs < fixed.absentShownMs)
          truth.failures.push(`${name} is shown as interrupted ${servesMs} ms after the start`);
        if (link.untold && isLate) truth.failures.push(`${name} is not shown ${servesMs} ms after the start`);
      }
    }
  }

  #look(life: Life): void {
    life.process.after(1000, () => {
      this.#judgeShown(life);
      life.edge.look();
      if (life === this.life) this.#look(life);
    });
  }
}

/** The same store, of which the truth is told when nothing could be recorded. */
function notingGaps(engine: LogStore, clock: Pick<Clock, 'nowMs'>, { gaps }: Truth): LogStore {
  let fromMs: number | undefined;
  const append: LogStore['append'] = async (partition, batch, end) => {
    const outcome = await engine.append(partition, batch, end);
    if (!outcome.ok) fromMs ??= clock.nowMs();
    else if (fromMs !== undefined) {
      gaps.push({ fromMs, untilMs: batch.atMs });
      fromMs = undefined;
    }
    return outcome;
  };
  return Object.create(engine, { append: { value: append } });
}

const same = <T>(value: T): T => value;

export const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => logger,
};
