import {
  type ClientFrame,
  type Code,
  clientFrameBytesMax,
  type MemberLeft,
  type ParsedClientFrame,
  parseClientFrame,
  type ServerFrame,
} from '@housecount/protocol';
import { liveKey } from '../channel/channel.ts';
import type { Commands } from '../log/contract/commands.ts';
import { sentenceOf } from '../net/sentence.ts';
import { closingCodes, type Ending, retryOf, tokenWarningMs } from '../net/session/closing.ts';
import type { Conversation, ConversationBounds, Protocol } from '../net/session/conversation.ts';
import type { Socket } from '../net/socket/socket.ts';
import { steadyRate } from '../net/token-bucket.ts';
import type { Counter } from '../observe/contract.ts';
import type { IceServers } from '../token/ice-servers.ts';
import type { Entrance } from './entrance.ts';
import type { Admission } from './hello.ts';
import type { LinkFacts } from './link-facts.ts';
import type { LiveLimits } from './live-limits.ts';
import type { LostConnection } from './lost-connections.ts';
import { type Membership, membershipOf } from './membership.ts';
import type { PartingConnection } from './partings.ts';
import type { Answer, RequestFrame, RequestTable } from './requests/request.ts';
import { handleRequest } from './requests/requests.ts';
import { leaveRoster } from './requests/roster.ts';
import { hostsBusTopic } from './roster/bus-topics.ts';

/** The keeper of what backs members: the connections of this process, and what they leave behind. */
export interface Backing {
  /** The connection backs a member from now on; one with the same id before it is ended. */
  joined(connection: Connection, connectionId: string): void;
  /** The connection does not back the member any more. */
  left(connection: Connection, member: Membership): void;
  /** Its member is without a socket: the log is to know. */
  lost(connection: LostConnection): void;
  /** It said goodbye, unless it resumes within `graceMs` milliseconds. */
  parting(connection: PartingConnection, graceMs: number): void;
}

export interface ConnectionNeeds {
  readonly log: Pick<Commands, 'submit'>;
  readonly entrance: Pick<Entrance, 'admit' | 'welcome' | 'welcomed'>;
  readonly backing: Backing;
  readonly bounds: ConversationBounds;
  readonly links: Pick<LinkFacts, 'silent' | 'heard'>;
  readonly requests: RequestTable;
  readonly iceServers: Pick<IceServers, 'of' | 'renewalMs' | 'isDue'>;
  /** Shows of a member no more than it may send by now. */
  readonly holdStreams: (member: Membership, address: string, nowMs: number) => void;
  /** Errors that were told to clients. */
  readonly refusals: Counter;
}

/** The bounds of what one connection may send, and leave unread. */
export const conversationBounds = (limits: LiveLimits): ConversationBounds => ({
  frameBytesMax: clientFrameBytesMax,
  frameRate: steadyRate(limits.framesPerSecondMax),
  pendingFramesMax: limits.pendingFramesMax,
  helloMs: limits.helloMs,
  backlogBytesMax: limits.socketBacklogBytesMax,
});

/** One WebSocket: greets, joins or resumes, then does what the client asks, in order, until it ends. */
export class Connection implements Protocol<ParsedClientFrame, Membership> {
  readonly conversation: Conversation<ParsedClientFrame, Membership>;
  readonly #needs: ConnectionNeeds;

  /** `converse` begins the conversation over its socket. */
  constructor(
    needs: ConnectionNeeds,
    converse: (connection: Connection) => Conversation<ParsedClientFrame, Membership>,
  ) {
    this.#needs = needs;
    this.conversation = converse(this);
  }

  get socket(): Socket {
    return this.conversation.socket;
  }

  get member(): Membership | undefined {
    return this.conversation.member;
  }

  /** The log says that the member is out, and why. */
  removed({ reason, ruleScope }: Pick<MemberLeft, 'reason' | 'ruleScope'>): void {
    this.end(closingCodes[reason], { settled: true, ...(ruleScope !== undefined && { ruleScope }) });
  }

  /** The log says that this attachment has the member now: if that is a later one, another socket has it. */
  attached(attachment: number): void {
    const { member } = this;
    if (!member) return;
    if (attachment > member.attachment) this.end('replaced', { settled: true });
    else this.linked('live');
  }

  /** The log says how the connection stands; if that is behind what was heard, the next frame sets it right. */
  linked(link: 'live' | 'silent'): void {
    if (this.member) this.member.link = link;
  }

  end(code: Code, ending?: Ending): void {
    this.conversation.end(code, ending);
  }

  get bounds(): ConversationBounds {
    return this.#needs.bounds;
  }

  parse(text: string): ParsedClientFrame {
    return parseClientFrame(text);
  }

  handle(parsed: ParsedClientFrame): Promise<void> | undefined {
    const { member } = this;
    if (!member) return this.#begin(parsed);
    if (!parsed.ok) {
      this.#refuse(parsed.code, parsed.detail, parsed.id);
      return undefined;
    }
    const { frame } = parsed;
    switch (frame.type) {
      case 'hello':
        this.#refuse('already_joined');
        return undefined;
      case 'ping':
        this.#send({ type: 'pong', ...(frame.id !== undefined && { id: frame.id }) });
        return undefined;
      case 'bye':
        if (!frame.graceMs) return this.#leave(member);
        this.#part(member, frame.graceMs);
        return undefined;
      default:
        return this.#request(member, frame);
    }
  }

  closing(code: Code, ending: Ending): string {
    const { detail, ruleScope } = ending;
    return JSON.stringify({
      type: 'closing',
      code,
      message: sentenceOf(code, detail),
      ...retryOf(code, ending),
      ...(ruleScope !== undefined && { scope: ruleScope }),
    } satisfies ServerFrame);
  }

  heard(member: Membership): void {
    if (member.link === 'silent') this.#needs.links.heard(member);
  }

  silent(member: Membership): void {
    if (member.link === 'live') this.#needs.links.silent(member, this.conversation.heardMs);
  }

  /** News that is about this connection alone. */
  tell(frame: ServerFrame): void {
    this.#send(frame);
  }

  look(member: Membership, nowMs: number): void {
    if (!member.warned && member.tokenEndsMs !== undefined && member.tokenEndsMs - nowMs <= tokenWarningMs) {
      member.warned = true;
      this.#send({ type: 'token-will-expire', endsMs: member.tokenEndsMs });
    }
    this.#renewIce(member);
    this.#needs.holdStreams(member, this.socket.address, nowMs);
  }

  /** The passwords of the welcome end; a host that comes in the third hour is played with newer ones. */
  #renewIce(member: Membership): void {
    const { iceServers } = this.#needs;
    if (!iceServers.isDue(member.iceRenewalMs)) return;
    const { app, channel, uid } = member;
    member.iceRenewalMs = iceServers.renewalMs(member);
    this.#send({ type: 'ice-servers', iceServers: iceServers.of({ app: app.id, channel, uid }) });
  }

  drained(member: Membership): void {
    member.roster?.drained();
  }

  left(member: Membership, settled: boolean): void {
    leaveRoster(member);
    this.#needs.backing.left(this, member);
    if (!settled) this.#lost(member.app.id, member.channel, member);
  }

  #lost(
    app: string,
    channel: string,
    { connectionId, attachment }: Pick<Membership, 'connectionId' | 'attachment'>,
  ): void {
    const { heardMs } = this.conversation;
    const evidence = 'socket-closed';
    this.#needs.backing.lost({ app, channel, connectionId, attachment, heardMs, evidence });
  }

  #begin(parsed: ParsedClientFrame): Promise<void> | undefined {
    if (!parsed.ok) this.end(parsed.code, { detail: parsed.detail });
    else if (parsed.frame.type === 'hello') return this.#greet(parsed.frame);
    else this.end('frame_unexpected', { detail: 'The first frame must be a hello.' });
    return undefined;
  }

  async #greet(hello: Extract<ClientFrame, { type: 'hello' }>): Promise<void> {
    const { conversation, socket } = this;
    conversation.entering();
    const startMs = conversation.heardMs;
    const admission = await this.#needs.entrance.admit(hello, socket);
    if (!admission.ok) {
      const { code, detail, ruleScope } = admission;
      this.end(code, {
        ...(detail !== undefined && { detail }),
        ...(ruleScope !== undefined && { ruleScope }),
      });
      return;
    }
    const { app, channel, member } = admission;
    // The socket may have closed while the log decided.
    if (conversation.isOver) this.#lost(app.id, channel.key.name, member);
    else this.#welcome(admission, startMs);
  }

  #welcome(admission: Admission, startMs: number): void {
    const { backing, entrance } = this.#needs;
    const { app, channel, member } = admission;
    this.conversation.enter(membershipOf(admission, this.#needs.iceServers.renewalMs(member)));
    backing.joined(this, member.connectionId);
    const welcome = entrance.welcome(admission);
    if (!welcome) {
      this.end('invalid_app_id');
      return;
    }
    // From one turn: what the log says next comes after the welcome, and nothing is missed between.
    this.#send(welcome);
    this.socket.subscribe(hostsBusTopic(app.id, channel.key.name));
    entrance.welcomed(startMs);
  }

  async #leave({ app, channel, connectionId, attachment }: Membership): Promise<void> {
    const command = { type: 'leave', connectionId, attachment, evidence: 'bye' } as const;
    const outcome = await this.#needs.log.submit(liveKey(app.id, channel), command);
    if (outcome.ok || outcome.code === 'not_joined') this.end('left', { settled: true });
    else this.end(outcome.code);
  }

  /** A goodbye that a resume may take back: until then the member is silent, so that a crash now forgets nothing. */
  #part({ app, channel, connectionId, attachment }: Membership, graceMs: number): void {
    this.end('left');
    this.#needs.backing.parting({ app: app.id, channel, connectionId, attachment }, graceMs);
  }

  #request(member: Membership, frame: RequestFrame): Promise<void> | undefined {
    const requester = { member, socket: this.socket, onSlow: () => this.end('slow_reader') };
    const answer = handleRequest(this.#needs.requests, requester, frame);
    if (!(answer instanceof Promise)) {
      this.#answer(frame.id, answer);
      return undefined;
    }
    return answer.then(
      (decided) => this.#answer(frame.id, decided),
      (cause: unknown) => this.#answer(frame.id, { code: this.conversation.codeOf(cause) }),
    );
  }

  #answer(id: number, answer: Answer): void {
    if (!this.member) return;
    if (answer && 'code' in answer) {
      this.#refuse(answer.code, answer.detail, id);
      return;
    }
    this.#send({ type: 'ok', id, ...(answer && 'nonce' in answer && { nonce: answer.nonce }) });
    if (answer && 'afterOk' in answer) answer.afterOk();
  }

  #refuse(code: Code, detail?: string, id?: number): void {
    this.#needs.refusals.add(1, { code });
    this.#send({ type: 'error', ...(id !== undefined && { id }), code, message: sentenceOf(code, detail) });
  }

  #send(frame: ServerFrame): void {
    this.conversation.send(frame);
  }
}
