import type { Role } from '@housecount/protocol';
import { type ChannelKey, liveKey } from '../../src/channel/channel.ts';
import { isEvent } from '../../src/channel/decision.ts';
import type { Member } from '../../src/channel/membership/member.ts';
import { attachmentOf } from '../../src/channel/membership/resume.ts';
import { AwaitedLinks, awaitedAtStart } from '../../src/live/awaited-links.ts';
import { Streams } from '../../src/live/roster/streams.ts';
import type { Asked, CommandOutcome } from '../../src/log/contract/commands.ts';
import type { Log } from '../../src/log/contract/log.ts';
import { type LogRecord, liveChangeOf } from '../../src/log/record/record.ts';
import type { Logger } from '../../src/observe/contract.ts';
import type { SimClock, SimProcessClock } from './sim-clock.ts';
import { app, type ClientOp, type Reply } from './sim-op.ts';
import type { SimRandom } from './sim-random.ts';
import { isSignaling, keyOf, signalingJoin, signalingRequest, signalingRole } from './sim-signaling.ts';
import type { Truth } from './truth.ts';

export const leaseMs = 10_000;
/** Silence of an open socket after which the log is told of it. */
const silenceMs = 5_000;
/** Time in which a goodbye may be taken back. */
const graceMs = 750;
/** The time for which a link is awaited. */
const linkWaitMs = 1_750;

export interface Session {
  readonly channel: string;
  /** The attachment that its socket is. */
  readonly attachment: number;
  lastHeardMs: number;
  silenceTold: boolean;
  readonly onLeft: () => void;
}

/** The faults of the edge that a test may add on purpose. */
export interface EdgeSabotage {
  readonly leaseMs?: number;
  /** What is told of a connection names no attachment. */
  readonly withoutAttachments?: boolean;
  /** Resumes have no number. */
  readonly withoutAttempts?: boolean;
  /** What hosts send is not looked at again. */
  readonly withoutHold?: boolean;
  /** A link that does not come is awaited for ever. */
  readonly awaitsForEver?: boolean;
}

export interface EdgeOptions {
  readonly clock: SimClock;
  readonly process: SimProcessClock;
  readonly random: SimRandom;
  readonly truth: Truth;
  readonly log: Log;
  readonly logger: Logger;
  readonly sabotage: EdgeSabotage;
  /** False once the process is no more, or is being stopped: what reaches it then changes nothing. */
  readonly isUp: () => boolean;
}

/** The edge of one run of the server, as thin as can be: it takes what clients ask, keeps their sessions, and tells the log of silence. */
export class SimEdge {
  readonly #options: EdgeOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #streams: Streams;
  readonly #awaited: AwaitedLinks;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#streams = new Streams(options);
    const { log, process: clock, logger } = options;
    this.#awaited = new AwaitedLinks({ log, clock, logger });
    if (!options.sabotage.awaitsForEver)
      for (const member of awaitedAtStart(log)) this.#awaited.add(member, linkWaitMs);
  }

  /** The session that a connection has, if it has one. */
  session = (connectionId: string): Session | undefined => this.#sessions.get(connectionId);

  /** Handles a message; to be raced with `life.ended`. */
  async handle(connectionId: string, op: ClientOp, onLeft: () => void): Promise<Reply> {
    const { log, truth, clock } = this.#options;
    if (this.#sessions.has(connectionId)) this.heard(connectionId);
    const open = (attachment: number): void => {
      truth.hear(connectionId, clock.nowMs());
      const { channel } = op;
      const lastHeardMs = clock.nowMs();
      this.#sessions.set(connectionId, { channel, attachment, lastHeardMs, silenceTold: false, onLeft });
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
              ...(op.userId !== undefined && { userId: op.userId }),
              ...(op.linkAwaited &&
                this.#awaited.mayAwait({ app, channel: op.channel, uid: op.uid }) && { linkAwaited: true }),
            },
      );
      if (!outcome.ok) return outcome.code === 'replaced' ? 'gone' : 'retry';
      truth.joined.push({ connectionId, sid: outcome.channel.sid, seq: outcome.member.joinedSeq });
      open(outcome.member.attachment);
      this.#await(op.channel, outcome.member);
      return 'ok';
    }
    if (op.type === 'streams') return this.#says(connectionId, op);
    if (op.type === 'link') return this.#links(connectionId, op);
    if (isSignaling(op.channel)) return this.#handleSignaling(connectionId, op, open);
    const command =
      op.type === 'bye'
        ? ({ type: 'leave', connectionId, evidence: 'bye' } as const)
        : op.type === 'resume'
          ? {
              ...this.#resumeOf(connectionId, op.attempt),
              ...(op.userId !== undefined && { userId: op.userId }),
            }
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
        const { channel } = outcome;
        const member = channel.sid === undefined ? undefined : channel.roster.getByConnection(connectionId);
        if (member) this.#await(op.channel, member);
      }
      if (op.type === 'bye') this.#sessions.delete(connectionId);
      return 'ok';
    }
    if (outcome.code === 'resume_invalid') truth.resumesRefused.push({ connectionId, atMs: askedMs });
    return outcome.code === 'resume_invalid' || outcome.code === 'not_joined' ? 'gone' : 'retry';
  }

  /** The same, of a session of signaling. */
  async #handleSignaling(
    connectionId: string,
    op: Exclude<ClientOp, { type: 'join' | 'link' | 'streams' }>,
    open: (attachment: number) => void,
  ): Promise<Reply> {
    const { log, truth, clock, random } = this.#options;
    const nonce = random.id(8);
    if (op.type === 'bye') truth.byes.add(connectionId);
    if (op.type === 'role') truth.askRole(connectionId, op.role);
    const askedMs = clock.nowMs();
    const request =
      op.type === 'resume'
        ? this.#resumeOf(connectionId, op.attempt)
        : signalingRequest(op, connectionId, nonce);
    const outcome = await log.submit(keyOf(op.channel), request);
    if (!outcome.ok) {
      if (outcome.code === 'resume_invalid') truth.resumesRefused.push({ connectionId, atMs: askedMs });
      return outcome.code === 'resume_invalid' || outcome.code === 'not_joined' ? 'gone' : 'retry';
    }
    if (op.type === 'role') truth.statesSet.add(nonce);
    if (op.type === 'bye') this.#sessions.delete(connectionId);
    else if (op.type === 'resume') {
      truth.resumed.push({ connectionId, atMs: clock.nowMs() });
      open(attachmentOf(outcome.changes, connectionId) ?? 0);
    }
    return 'ok';
  }

  /** What a host says that it sends. It is answered in any case: what cannot be recorded now is at a later look. */
  async #says(
    connectionId: string,
    { channel, audio, video }: Extract<ClientOp, { type: 'streams' }>,
  ): Promise<Reply> {
    const { log, truth, random } = this.#options;
    const member = log.channel(liveKey(app, channel))?.roster.getByConnection(connectionId);
    if (!member) return 'gone';
    truth.sayStreams(connectionId, { audio, video });
    const source = { app, channel, uid: member.uid, connectionId };
    await this.#streams.set(source, { audio, video }, () => random.chance(0.8));
    return 'ok';
  }

  /** A page proves who its member is. */
  async #links(
    connectionId: string,
    { channel, userId }: Extract<ClientOp, { type: 'link' }>,
  ): Promise<Reply> {
    const session = this.#sessions.get(connectionId);
    if (!session) return 'gone';
    const outcome = await this.link(connectionId, session, userId);
    if (!outcome.ok) return outcome.code === 'not_joined' ? 'gone' : 'retry';
    const { uid } = this.#options.truth.joins.get(connectionId) ?? {};
    this.#awaited.take({ app, channel, uid, connectionId });
    return 'ok';
  }

  /** The proof reaches the process, perhaps when its socket is gone. */
  link(connectionId: string, { channel, attachment }: Session, userId: string): Promise<CommandOutcome> {
    const { log, truth, sabotage } = this.#options;
    truth.links.add(`${connectionId} page ${attachment} ${userId}`);
    const named = sabotage.withoutAttachments ? {} : { attachment };
    return log.submit(liveKey(app, channel), { type: 'link', connectionId, ...named, userId });
  }

  #await(channel: string, { uid, connectionId, linkAwaited }: Member): void {
    if (!linkAwaited || this.#options.sabotage.awaitsForEver) return;
    this.#awaited.add({ app, channel, uid, connectionId }, linkWaitMs);
  }

  /** The user whom a welcome would tell that the member is linked to. */
  userOf(channel: string, connectionId: string): string | undefined {
    if (isSignaling(channel)) return undefined;
    return this.#options.log.channel(liveKey(app, channel))?.roster.getByConnection(connectionId)?.userId;
  }

  /** The role that a welcome would tell. */
  roleOf(channel: string, connectionId: string): Role | undefined {
    const { log } = this.#options;
    if (isSignaling(channel)) return signalingRole(log, channel, connectionId);
    return log.channel(liveKey(app, channel))?.roster.getByConnection(connectionId)?.role;
  }

  /** A sign of life reached the process. */
  heard(connectionId: string): void {
    const { truth, clock, isUp } = this.#options;
    const session = this.#sessions.get(connectionId);
    if (!session || !isUp()) return;
    session.lastHeardMs = clock.nowMs();
    truth.hear(connectionId, session.lastHeardMs);
    if (!session.silenceTold) return;
    session.silenceTold = false;
    this.#submit(session, { type: 'heard', connectionId });
  }

  /** The process sees the socket of a session close, perhaps late: another socket may have the member by then. */
  socketClosed(connectionId: string, session: Session): void {
    if (!this.#options.isUp()) return;
    if (this.#sessions.get(connectionId) === session) this.#sessions.delete(connectionId);
    this.#tellSilent(connectionId, session, 'socket-closed');
  }

  /** A page that may be reloaded says goodbye: its member leaves, unless it is back within the grace. */
  parting(connectionId: string, session: Session): void {
    const { truth, clock, process, isUp } = this.#options;
    if (this.#sessions.get(connectionId) !== session || !isUp()) return;
    this.heard(connectionId);
    truth.part(connectionId, clock.nowMs());
    this.socketClosed(connectionId, session);
    process.after(graceMs, () => this.#submit(session, { type: 'leave', connectionId, evidence: 'bye' }));
  }

  /** A try to resume that its client has given up reaches the process: nobody is at its socket any more. */
  async lateResume(connectionId: string, { channel, attempt }: LateResume): Promise<void> {
    const { log, truth, clock, isUp } = this.#options;
    if (!isUp()) return;
    const outcome = await log.submit(keyFor(channel), this.#resumeOf(connectionId, attempt));
    if (!outcome.ok && outcome.code === 'replaced') truth.crossings += 1;
    if (!outcome.ok || !isUp()) return;
    const attachment = attachmentOf(outcome.changes, connectionId) ?? 0;
    const lastHeardMs = clock.nowMs();
    truth.hear(connectionId, lastHeardMs);
    const session = { channel, attachment, lastHeardMs, silenceTold: true, onLeft: () => undefined };
    this.#tellSilent(connectionId, session, 'socket-closed');
  }

  /** Looks at every socket: tells the log of those on which nothing was heard for a while, and what could not be recorded before. */
  look(): void {
    for (const [connectionId, session] of this.#sessions) {
      this.#holdStreams(connectionId, session);
      if (session.silenceTold || this.#options.process.nowMs() - session.lastHeardMs < silenceMs) continue;
      session.silenceTold = true;
      this.#tellSilent(connectionId, session, 'silence');
    }
  }

  /** What the log has next: the socket of who left is closed. */
  absorb(record: LogRecord): void {
    const live = liveChangeOf(record);
    if (live && isEvent(live)) this.#streams.absorb(live);
    const change = record.type === 'channel' ? record.change : undefined;
    if (change?.type !== 'member-left') return;
    const session = this.#sessions.get(change.connectionId);
    this.#sessions.delete(change.connectionId);
    session?.onLeft();
  }

  #holdStreams(connectionId: string, { channel }: Session): void {
    const { log, random, sabotage } = this.#options;
    if (isSignaling(channel) || sabotage.withoutHold) return;
    const member = log.channel(liveKey(app, channel))?.roster.getByConnection(connectionId);
    if (member?.role !== 'broadcaster') return;
    const source = { app, channel, uid: member.uid, connectionId };
    this.#streams.hold(source, { audio: true, video: true }, () => random.chance(0.8));
  }

  #resumeOf(connectionId: string, attempt: number) {
    const { withoutAttempts } = this.#options.sabotage;
    return { type: 'resume', connectionId, ...(!withoutAttempts && { attempt }) } as const;
  }

  #tellSilent(connectionId: string, session: Session, evidence: 'silence' | 'socket-closed'): void {
    const silentMs = this.#options.process.nowMs() - session.lastHeardMs;
    this.#submit(session, { type: 'silent', connectionId, silentMs, evidence });
  }

  #submit(
    { channel, attachment }: Session,
    fact: Extract<Asked, { type: 'heard' | 'silent' | 'leave' }>,
  ): void {
    const { log, truth, sabotage } = this.#options;
    const key = keyFor(channel);
    const member = log.channel(key)?.roster.getByConnection(fact.connectionId);
    if (member && member.attachment !== attachment) truth.crossings += 1;
    void log.submit(key, { ...fact, ...(!sabotage.withoutAttachments && { attachment }) });
  }
}

type LateResume = Omit<Extract<ClientOp, { type: 'resume' }>, 'type'>;

const keyFor = (channel: string): ChannelKey =>
  isSignaling(channel) ? keyOf(channel) : liveKey(app, channel);
