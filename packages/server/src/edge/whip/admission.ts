import { type Code, HousecountError, isAccount, isAppId, isChannelName, isUid } from '@housecount/protocol';
import type { Privilege } from '../../channel/rules.ts';
import { limits } from '../../limits.ts';
import type { Log } from '../../log/contract.ts';
import type { EdgeApp } from '../edge-app.ts';
import { isForOne, type Joiner } from '../join-budgets.ts';
import { publishEndsMsOf } from '../membership.ts';
import { verifyResumeKey } from '../resume-key.ts';
import { checkToken, needsNoToken, type TokenTime } from '../token/verify.ts';

/** Who may open this session, and as whom. */
export interface Admitted {
  /** The session will be a member by itself; else it belongs to a member that joined over WebSocket. */
  readonly plain: boolean;
  readonly uid: number;
  readonly account?: string;
  /** Of a member that joined over WebSocket. */
  readonly connectionId?: string;
  readonly tokenEndsMs?: number;
  /** Until when the token has a publish privilege, epoch milliseconds; 0: never. Absent where the member is there already. */
  readonly publishEndsMs?: number;
  /** Whose budget the session counts for; absent likewise. */
  readonly joiner?: Joiner;
}

export interface AdmissionOptions {
  readonly apps: ReadonlyMap<string, EdgeApp>;
  readonly log: Log;
  readonly resumeSecret: Uint8Array;
}

/** Prefix of a resume key, which no AccessToken2 has. */
const resumePrefix = 'hc1.';

/**
 * Checks app, channel and Bearer of a POST. Throws HousecountError: invalid_app_id, invalid_channel_name,
 * token_required, resume_invalid, banned, role_forbidden, or a token's code.
 */
export async function admit(
  options: AdmissionOptions,
  request: {
    readonly kind: 'whip' | 'whep';
    readonly app: string;
    readonly channel: string;
    readonly bearer: string | undefined;
    readonly query: URLSearchParams;
    readonly address: string;
    /** The client is on this machine. */
    readonly isHere?: boolean;
    readonly time: TokenTime;
  },
): Promise<{ readonly app: EdgeApp; readonly admitted: Admitted }> {
  const { apps, log } = options;
  const { channel, bearer, time, kind, isHere } = request;
  const { nowMs } = time;
  const app = isAppId(request.app) ? apps.get(request.app) : undefined;
  if (!app) throw new HousecountError('invalid_app_id');
  if (!isChannelName(channel)) throw new HousecountError('invalid_channel_name');
  if (!bearer && !needsNoToken(app, isHere)) throw new HousecountError('token_required');

  if (bearer?.startsWith(resumePrefix)) {
    const key = verifyResumeKey(options.resumeSecret, bearer);
    if (!key || key.app !== app.id || key.channel !== channel) throw new HousecountError('resume_invalid');
    const member = log.channel(app.id, channel)?.roster.get(key.uid);
    if (!member || member.connectionId !== key.connectionId) throw new HousecountError('not_joined');
    if (kind === 'whip' && member.role !== 'broadcaster') throw new HousecountError('role_forbidden');
    refuseBanned(log, ['join_channel'], { app: app.id, channel, uid: key.uid, address: request.address });
    return { app, admitted: { plain: false, uid: key.uid, connectionId: key.connectionId } };
  }

  const wished = wishedIdentity(request.query);
  const checked = checkToken({
    token: bearer,
    app,
    channel,
    ...(wished && { identity: wished }),
    ...time,
    lengthMax: limits.tokenLengthMax,
    isHere,
  });
  if (!checked.ok) throw new HousecountError(checked.code, checked.detail);
  const identity = wished ?? identityOf(checked.tokenUid);
  const mayPublish = [checked.privileges.get('publishAudio'), checked.privileges.get('publishVideo')].some(
    (endsMs) => (endsMs ?? 0) > nowMs,
  );
  if (kind === 'whip' && app.coHostAuthentication && !mayPublish) {
    throw new HousecountError('token_no_privilege', 'Publishing needs the publish privileges.');
  }
  const uid = log.expectedUid(app.id, channel, identity);
  refuseBanned(log, ['join_channel'], { app: app.id, channel, uid, address: request.address });
  const token = app.certificate === undefined ? '' : (bearer ?? '');
  const joiner = { address: request.address, token, isForOne: isForOne(checked.tokenUid) };
  return {
    app,
    admitted: {
      plain: true,
      uid,
      publishEndsMs: publishEndsMsOf(checked),
      joiner,
      ...('account' in identity && { account: identity.account }),
      ...(checked.joinEndsMs !== undefined && { tokenEndsMs: checked.joinEndsMs }),
    },
  };
}

/** `?uid=` or `?account=`: for tokens that fit several. */
function wishedIdentity(query: URLSearchParams): { uid: number } | { account: string } | undefined {
  const account = query.get('account');
  if (account !== null) {
    if (!isAccount(account)) throw new HousecountError('invalid_account');
    return { account };
  }
  const text = query.get('uid');
  if (text === null) return undefined;
  const uid = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!isUid(uid)) throw new HousecountError('invalid_uid');
  return { uid };
}

/** The identity that the token itself names; a token for anybody gets a uid assigned. */
function identityOf(tokenUid: string): { uid: number } | { account: string } {
  if (tokenUid === '' || tokenUid.includes('*')) return { uid: 0 };
  const uid = /^[1-9]\d{0,9}$/.test(tokenUid) ? Number(tokenUid) : Number.NaN;
  if (isUid(uid)) return { uid };
  if (!isAccount(tokenUid)) throw new HousecountError('invalid_account');
  return { account: tokenUid };
}

/** The privileges that sending these kinds of media needs, beside that to join. */
export function publishPrivileges(kinds: { audio: boolean; video: boolean }): readonly Privilege[] {
  return [
    ...(kinds.audio ? ['publish_audio' as const] : []),
    ...(kinds.video ? ['publish_video' as const] : []),
  ];
}

/** Throws HousecountError `banned` if a rule keeps the subject from one of the privileges. */
export function refuseBanned(
  log: Pick<Log, 'banned'>,
  privileges: readonly Privilege[],
  subject: { readonly app: string; readonly channel: string; readonly uid: number; readonly address: string },
): void {
  const { app, channel, uid, address } = subject;
  for (const privilege of privileges) {
    if (log.banned(app, { channel, uid, ip: address }, privilege) !== undefined) {
      throw new HousecountError('banned' satisfies Code, `The rule is about ${privilege}.`);
    }
  }
}
