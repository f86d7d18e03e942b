import type { ClientFrame, Code, RosterViewRequest, StreamsFrame } from '@housecount/protocol';
import { mayBroadcast, refusalToSend } from '../channel/membership/rights.ts';
import { limits } from '../limits.ts';
import type { Socket } from '../net/socket/socket.ts';
import type { RosterReader } from '../rosters/roster-subscription.ts';
import type { ViewReader } from '../rosters/roster-views.ts';
import { keyOf, rangeOf } from '../rosters/window.ts';
import { checkToken, tokenTime } from '../token/verify.ts';
import type { ConnectionContext } from './connection-context.ts';
import { maySendNow, refusalDetail, rightsOf, rightsOfMember } from './may-send.ts';
import { type Membership, publishEndsMsOf } from './membership.ts';
import { rosterTopic, viewTopic } from './roster/topics.ts';

/** A request is a frame that is answered by `ok` or `error` with its id. */
export type RequestFrame = Exclude<ClientFrame, { type: 'hello' | 'bye' | 'ping' }>;

/** undefined: done. `afterOk` runs once the `ok` was sent. */
export type Answer =
  | undefined
  | { readonly code: Code; readonly detail?: string }
  | { readonly afterOk: () => void };

export interface Requester {
  readonly context: ConnectionContext;
  readonly member: Membership;
  readonly socket: Socket;
  /** Cuts the connection because it reads too slowly. */
  onSlow(): void;
}

/** Does what a joined connection asks for. */
export function handleRequest(requester: Requester, frame: RequestFrame): Answer | Promise<Answer> {
  switch (frame.type) {
    case 'set-role':
      return setRole(requester, frame.role);
    case 'renew-token':
      return renewToken(requester, frame.token);
    case 'streams':
      return setStreams(requester, frame);
    case 'select': {
      const { session, audio, video } = frame;
      const { context, member } = requester;
      const code = context.onSelect(member.connectionId, session, { audio, video });
      return code && { code };
    }
    case 'subscribe-roster': {
      const { view } = frame;
      // The welcome counts for everyone; names are what an app may keep back.
      if (!(view && 'count' in view && view.count === true) && !maySeeRoster(requester.member))
        return { code: 'role_forbidden' };
      if (view) return subscribeToView(requester, view);
      const cursor = frame.sid === undefined ? undefined : { sid: frame.sid, after: frame.after ?? 0 };
      return { afterOk: () => followRoster(requester, cursor) };
    }
    case 'unsubscribe-roster':
      leaveRoster(requester.member);
      return undefined;
  }
}

async function setRole({ context, member }: Requester, role: Membership['role']): Promise<Answer> {
  const { app, channel, connectionId } = member;
  const rights = rightsOfMember(context.log, app, member);
  const nowMs = context.clock.nowMs();
  if (role === 'broadcaster' && !mayBroadcast(rights, nowMs))
    return { code: 'token_no_privilege', detail: 'Renew the token with one that allows publishing first.' };
  if (!context.joins.takeChange(connectionId)) return { code: 'rate_limited' };
  const outcome = await context.log.submit(app.id, channel, {
    type: 'set-role',
    connectionId,
    role,
    mayPublish: member.publishEndsMs > nowMs,
  });
  if (!outcome.ok) return outcome;
  member.role = role;
  if (member.roster?.namesMembers && !maySeeRoster(member)) leaveRoster(member);
  return undefined;
}

async function renewToken({ context, member }: Requester, token: string): Promise<Answer> {
  const { app, channel, connectionId, uid, account } = member;
  const { log, clock } = context;
  const identity = account === undefined ? { uid } : { account };
  const grant = checkToken({
    token,
    app,
    channel,
    identity,
    ...tokenTime(clock),
    lengthMax: limits.tokenLengthMax,
    isHere: true,
  });
  if (!grant.ok) return grant;
  if (!context.joins.takeChange(connectionId)) return { code: 'rate_limited' };
  const tokenEndsMs = grant.joinEndsMs;
  const publish = rightsOf(app, grant);
  const outcome = await log.submit(app.id, channel, {
    type: 'renew-token',
    connectionId,
    ...(tokenEndsMs !== undefined && { tokenEndsMs }),
    ...(publish && { publish }),
  });
  if (!outcome.ok) return outcome;
  member.tokenEndsMs = tokenEndsMs;
  member.warned = false;
  member.publishEndsMs = publishEndsMsOf(grant);
  return undefined;
}

/** The state is in memory, so this is done at once. */
function setStreams({ context, member, socket }: Requester, { audio, video }: StreamsFrame): Answer {
  const { app, channel, uid, connectionId, role } = member;
  const { log, clock } = context;
  if (role !== 'broadcaster') return { code: 'role_forbidden' };
  const from = { channel, uid, ip: socket.address };
  const may = maySendNow(log, app, from, rightsOfMember(log, app, member), clock.nowMs());
  const refusal = refusalToSend({ audio, video }, may);
  if (refusal) return { code: refusal.code, detail: refusalDetail(refusal.code, refusal.kind) };
  context.signal.streams.set({ app: app.id, channel, uid, connectionId }, { audio, video });
  return undefined;
}

function maySeeRoster({ app, role }: Membership): boolean {
  return app.rosterVisibleTo === 'everyone' || role === 'broadcaster';
}

function followRoster(
  { context, member, socket, onSlow }: Requester,
  cursor?: { sid: string; after: number },
): void {
  leaveRoster(member);
  const { app, channel } = member;
  const topic = rosterTopic(app.id, channel);
  const reader: RosterReader = {
    send: (text) => socket.send(text),
    bufferedBytes: () => socket.bufferedBytes(),
    goLive: () => socket.subscribe(topic),
    leaveLive: () => socket.unsubscribe(topic),
    onSlow,
  };
  member.roster = context.signal.followRoster(app.id, channel, reader, cursor);
}

function subscribeToView({ context, member, socket }: Requester, view: RosterViewRequest): Answer {
  const { app, channel } = member;
  const { signal } = context;
  const mayPublish = member.publishEndsMs > context.clock.nowMs();
  const leaving = member.roster && { leaving: member.roster };
  if (!signal.hasRoomForView(app.id, channel, view, { mayPublish, ...leaving }))
    return { code: 'windows_full' };
  const topic = viewTopic(app.id, channel, keyOf(rangeOf(view)));
  const reader: ViewReader = {
    send: (text) => socket.send(text),
    goLive: () => socket.subscribe(topic),
    leaveLive: () => socket.unsubscribe(topic),
  };
  return {
    afterOk: () => {
      leaveRoster(member);
      member.roster = signal.followView(app.id, channel, view, reader);
    },
  };
}

/** Ends the roster stream of this connection, if it has one. */
export function leaveRoster(member: Membership): void {
  member.roster?.stop();
  member.roster = undefined;
}
