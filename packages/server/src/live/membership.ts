import type { LeaveReason, Role, WelcomeFrame } from '@housecount/protocol';
import { limits } from '../limits.ts';
import type { RosterStream } from '../rosters/roster-stream.ts';
import type { EdgeApp } from '../token/edge-app.ts';
import { makeResumeKey } from '../token/resume-key.ts';
import type { TokenGrant } from '../token/verify.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { Admission } from './hello.ts';

/** What a connection knows of the member that it backs. Small: there is one for every viewer. */
export interface Membership {
  readonly app: EdgeApp;
  readonly channel: string;
  readonly connectionId: string;
  readonly uid: number;
  readonly account?: string;
  role: Role;
  /** As the log has it, or will have it once what was submitted is decided. */
  link: 'live' | 'silent';
  tokenEndsMs?: number;
  /** token-will-expire was sent for this end. */
  warned: boolean;
  /** Until when its token has a publish privilege, whether the app asks for it or not, epoch milliseconds. */
  publishEndsMs: number;
  roster?: RosterStream;
}

export function membershipOf({ app, grant, channel, member }: Admission): Membership {
  const { uid, account, role, connectionId, tokenEndsMs } = member;
  return {
    app,
    channel: channel.channel,
    connectionId,
    uid,
    ...(account !== undefined && { account }),
    role,
    link: member.link.state,
    ...(tokenEndsMs !== undefined && { tokenEndsMs }),
    warned: false,
    publishEndsMs: publishEndsMsOf(grant),
  };
}

/** Until when the token has a publish privilege, epoch milliseconds; 0: it has none. */
export const publishEndsMsOf = ({ privileges }: Pick<TokenGrant, 'privileges'>): number =>
  Math.max(privileges.get('publishAudio') ?? 0, privileges.get('publishVideo') ?? 0);

/** The first frame of a connection that was admitted. */
export function welcomeOf(context: ConnectionContext, admission: Admission): WelcomeFrame {
  const { app, channel, member, resumed } = admission;
  const { uid, account, role, connectionId, tokenEndsMs } = member;
  return {
    type: 'welcome',
    connectionId,
    resume: makeResumeKey(context.resumeSecret, { app: app.id, channel: channel.channel, uid, connectionId }),
    resumed,
    sid: channel.sid,
    seq: channel.seq,
    uid,
    ...(account !== undefined && { account }),
    role,
    profile: channel.profile,
    hosts: context.signal.hosts(channel),
    count: channel.roster.size,
    nowMs: context.clock.nowMs(),
    pingMs: limits.pingMs,
    leaseMs: context.leaseMs,
    recoveryMs: context.recoveryMs,
    ...(tokenEndsMs !== undefined && { tokenEndsMs }),
    iceServers: context.iceServers,
  };
}

/** What a connection is told when its member left by another hand than its own. */
export const closingCodes = {
  other: 'lease_ended',
  quit: 'left',
  timeout: 'lease_ended',
  kicked: 'kicked',
  replaced: 'replaced',
  token: 'token_expired',
} as const satisfies Record<LeaveReason, string>;
