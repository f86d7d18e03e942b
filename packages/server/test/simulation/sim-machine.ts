import type { Role } from '@housecount/protocol';
import { type ChannelKey, liveKey } from '../../src/channel/channel.ts';
import { attachmentOf } from '../../src/channel/membership/resume.ts';
import type { LogStore } from '../../src/engine/contract.ts';
import type { Disk } from '../../src/engine/disk.ts';
import { openEmbeddedLog } from '../../src/engine/embedded/embedded-log.ts';
import { fixed } from '../../src/fixed-limits.ts';
import type { Kept } from '../../src/kept/contract.ts';
import { keptFiles } from '../../src/kept/files/kept-files.ts';
import type { Asked } from '../../src/log/contract/commands.ts';
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
import { app, type ClientOp, type Reply } from './sim-op.ts';
import type { SimRandom } from './sim-random.ts';
import { isSignaling, keyOf, signalingJoin, signalingRequest, signalingRole } from './sim-signaling.ts';
import type { Truth } from './truth.ts';

export const leaseMs = 10_000;
export const recoveryMs = 15_000;
/** Silence of an open socket after which the edge tells the log. */
export const silenceMs = 5_000;
/** Time in which a goodbye may be taken back. */
const graceMs = 750;

/** The faults that a test may add on purpose, to see the judges notice. */
export interface Sabotage {
  readonly leaseMs?: number;
  readonly recoveryMs?: number;
  readonly syncIsALie?: boolean;
  /** What the edge tells of a connection names no attachment. */
  readonly withoutAttachments?: boolean;
  /** Resumes have no number. */
  readonly withoutAttempts?: boolean;
  /** Nobody is ever shown as interrupted for a restart. */
  readonly withoutAbsent?: boolean;
  readonly wrapDisk?: (disk: Disk) => Disk;
  readonly wrapSend?: (send: Send) => Send;
  /** Done at each start, before anybody is served. */
  readonly spoil?: (log: Log) => Promise<unknown>;
}

export interface Session {
  readonly channel: string;
  /** The attachment that its socket is. */
  readonly attachment: number;
  lastHeardMs: number;
  silenceTold: boolean;
  readonly onLeft: () => void;
}

/** One run of the server process. */
export interface Life {
  readonly process: SimProcessClock;
  readonly sessions: Map<string, Session>;
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

/**
 * The machine that the server runs on: the real log, engine and notify, and an edge as thin as can be, which keeps
 * sessions and tells the log of silence.
 */
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
      this.#watchSilence(life);
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

  /** Handles a message as the edge does; to be raced with `life.ended`. */
  async handle(life: Life, connectionId: string, op: ClientOp, onLeft: () => void): Promise<Reply> {
    const { truth, clock } = this.#options;
    const { log, sessions } = life;
    const session = sessions.get(connectionId);
    if (session) this.heard(life, connectionId);
    const open = (attachment: number): void => {
      truth.hear(connectionId, clock.nowMs());
      const { channel } = op;
      const lastHeardMs = clock.nowMs();
      sessions.set(connectionId, { channel, attachment, lastHeardMs, silenceTold: false, onLeft });
    };
    if (op.type === 'join') {
      const lease = this.#options.sabotage.leaseMs ?? leaseMs;
      const outcome = await log.join(
        isSignaling(op.channel)
          ? signalingJoin(op, connectionId, lease)
          : {
              key: liveKey(app, op.channel),
              identity: { uid: op.uid },
              connectionId,
              connectionKind: 'rtc',
              role: op.role,
              platform: 7,
              leaseMs: lease,
              ip: '127.0.0.1',
            },
      );
      if (!outcome.ok) return outcome.code === 'replaced' ? 'gone' : 'retry';
      truth.joined.push({ connectionId, sid: outcome.channel.sid, seq: outcome.member.joinedSeq });
      open(outcome.member.attachment);
      return 'ok';
    }
    if (isSignaling(op.channel)) return this.#handleSignaling(life, connectionId, op, open);
    const command =
      op.type === 'bye'
        ? ({ type: 'leave', connectionId, evidence: 'bye' } as const)
        : op.type === 'resume'
          ? this.#resumeOf(connectionId, op.attempt)
          : ({ type: 'set-role', connectionId, role: op.role } as const);
    if (op.type === 'bye') truth.byes.add(connectionId);
    if (op.type === 'role') truth.askRole(connectionId, op.role);
    const askedMs = clock.nowMs();
    const outcome = await log.submit(liveKey(app, op.channel), command);
    if (outcome.ok) {
      truth.acknowledged.push(...outcome.changes);
      if (op.type === 'resume') {
        truth.resumed.push({ connectionId, atMs: clock.nowMs() });
        open(attachmentOf(outcome.changes, connectionId) ?? 0);
      }
      if (op.type === 'bye') sessions.delete(connectionId);
      return 'ok';
    }
    if (outcome.code === 'resume_invalid') truth.resumesRefused.push({ connectionId, atMs: askedMs });
    return outcome.code === 'resume_invalid' || outcome.code === 'not_joined' ? 'gone' : 'retry';
  }

  /** The same, of a session of signaling. */
  async #handleSignaling(
    life: Life,
    connectionId: string,
    op: Exclude<ClientOp, { type: 'join' }>,
    open: (attachment: number) => void,
  ): Promise<Reply> {
    const { truth, clock, random } = this.#options;
    const nonce = random.id(8);
    if (op.type === 'bye') truth.byes.add(connectionId);
    if (op.type === 'role') truth.askRole(connectionId, op.role);
    const askedMs = clock.nowMs();
    const request =
      op.type === 'resume'
        ? this.#resumeOf(connectionId, op.attempt)
        : signalingRequest(op, connectionId, nonce);
    const outcome = await life.log.submit(keyOf(op.channel), request);
    if (!outcome.ok) {
      if (outcome.code === 'resume_invalid') truth.resumesRefused.push({ connectionId, atMs: askedMs });
      return outcome.code === 'resume_invalid' || outcome.code === 'not_joined' ? 'gone' : 'retry';
    }
    if (op.type === 'role') truth.statesSet.add(nonce);
    if (op.type === 'bye') life.sessions.delete(connectionId);
    else if (op.type === 'resume') {
      truth.resumed.push({ connectionId, atMs: clock.nowMs() });
      open(attachmentOf(outcome.changes, connectionId) ?? 0);
    }
    return 'ok';
  }

  /** The role that a welcome would tell. */
  roleOf(life: Life, channel: string, connectionId: string): Role | undefined {
    if (isSignaling(channel)) return signalingRole(life.log, channel, connectionId);
    return life.log.channel(liveKey(app, channel))?.roster.getByConnection(connectionId)?.role;
  }

  /** A sign of life reached the process. */
  heard(life: Life, connectionId: string): void {
    const { truth, clock } = this.#options;
    const session = life.sessions.get(connectionId);
    if (!session || life !== this.life) return;
    session.lastHeardMs = clock.nowMs();
    truth.hear(connectionId, session.lastHeardMs);
    if (!session.silenceTold) return;
    session.silenceTold = false;
    this.#submit(life, session, { type: 'heard', connectionId });
  }

  /** The process sees the socket of a session close, perhaps late: another socket may have the member by then. */
  socketClosed(life: Life, connectionId: string, session: Session): void {
    if (life !== this.life) return;
    if (life.sessions.get(connectionId) === session) life.sessions.delete(connectionId);
    this.#tellSilent(life, connectionId, session, 'socket-closed');
  }

  /** A page that may be reloaded says goodbye: its member leaves, unless it is back within the grace. */
  parting(life: Life, connectionId: string, session: Session): void {
    const { truth, clock } = this.#options;
    if (life.sessions.get(connectionId) !== session || life !== this.life) return;
    this.heard(life, connectionId);
    truth.part(connectionId, clock.nowMs());
    this.socketClosed(life, connectionId, session);
    life.process.after(graceMs, () =>
      this.#submit(life, session, { type: 'leave', connectionId, evidence: 'bye' }),
    );
  }

  /** A try to resume that its client has given up reaches the process: nobody is at its socket any more. */
  async lateResume(life: Life, connectionId: string, { channel, attempt }: LateResume): Promise<void> {
    const { truth, clock } = this.#options;
    if (life !== this.life) return;
    const outcome = await life.log.submit(keyFor(channel), this.#resumeOf(connectionId, attempt));
    if (!outcome.ok && outcome.code === 'replaced') truth.crossings += 1;
    if (!outcome.ok || life !== this.life) return;
    const attachment = attachmentOf(outcome.changes, connectionId) ?? 0;
    const lastHeardMs = clock.nowMs();
    truth.hear(connectionId, lastHeardMs);
    const session = { channel, attachment, lastHeardMs, silenceTold: true, onLeft: () => undefined };
    this.#tellSilent(life, connectionId, session, 'socket-closed');
  }

  #resumeOf(connectionId: string, attempt: number) {
    const { withoutAttempts } = this.#options.sabotage;
    return { type: 'resume', connectionId, ...(!withoutAttempts && { attempt }) } as const;
  }

  async #boot(process: SimProcessClock): Promise<Life> {
    const { disk, random, endpoints, sendOf, sabotage, truth } = this.#options;
    const beganMs = process.nowMs();
    disk.faults.syncIsALie = sabotage.syncIsALie ?? false;
    const mounted = (sabotage.wrapDisk ?? same)(disk.mount(process));
    const store = await openEmbeddedLog({ disk: mounted, logger, clock: process, segmentBytesMax: 8192 });
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
      sessions: new Map(),
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
      for (const { record } of batch) {
        const left = record.type === 'channel' ? record.change : undefined;
        if (left?.type !== 'member-left') continue;
        const session = life.sessions.get(left.connectionId);
        life.sessions.delete(left.connectionId);
        session?.onLeft();
      }
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

  #watchSilence(life: Life): void {
    life.process.after(1000, () => {
      this.#judgeShown(life);
      for (const [connectionId, session] of life.sessions) {
        if (session.silenceTold || life.process.nowMs() - session.lastHeardMs < silenceMs) continue;
        session.silenceTold = true;
        this.#tellSilent(life, connectionId, session, 'silence');
      }
      if (life === this.life) this.#watchSilence(life);
    });
  }

  #tellSilent(
    life: Life,
    connectionId: string,
    session: Session,
    evidence: 'silence' | 'socket-closed',
  ): void {
    const silentMs = life.process.nowMs() - session.lastHeardMs;
    this.#submit(life, session, { type: 'silent', connectionId, silentMs, evidence });
  }

  #submit(
    life: Life,
    { channel, attachment }: Session,
    fact: Extract<Asked, { type: 'heard' | 'silent' | 'leave' }>,
  ): void {
    const { truth, sabotage } = this.#options;
    const key = keyFor(channel);
    const member = life.log.channel(key)?.roster.getByConnection(fact.connectionId);
    if (member && member.attachment !== attachment) truth.crossings += 1;
    void life.log.submit(key, { ...fact, ...(!sabotage.withoutAttachments && { attachment }) });
  }
}

type LateResume = Omit<Extract<ClientOp, { type: 'resume' }>, 'type'>;

const keyFor = (channel: string): ChannelKey =>
  isSignaling(channel) ? keyOf(channel) : liveKey(app, channel);

const same = <T>(value: T): T => value;

export const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => logger,
};
