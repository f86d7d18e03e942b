import { type Code, HousecountError, isAccount, isAppId, isChannelName, isUid } from '@housecount/protocol';
import { liveKey } from '../channel/channel.ts';
import type { Member } from '../channel/membership/member.ts';
import { mayBroadcast, type PublishRights } from '../channel/membership/rights.ts';
import type { Privilege } from '../channel/rules.ts';
import { fixed } from '../fixed-limits.ts';
import type { Joiner } from '../live/join-budgets.ts';
import { rightsOf } from '../live/may-send.ts';
import type { Channels } from '../log/contract/channels.ts';
import type { Identities } from '../log/contract/identities.ts';
import type { PastEndings } from '../log/contract/past-endings.ts';
import type { Bans } from '../log/contract/rules.ts';
import { type EdgeApp, pinnedProfile } from '../token/edge-app.ts';
import { publishEndsMsOf } from '../token/publish-ends.ts';
import { verifyResumeKey } from '../token/resume-key.ts';
import { type TokenLink, tokenLink } from '../token/token-link.ts';
import { checkToken, namesOne, needsNoToken, type TokenTime } from '../token/verify.ts';

/** The outcome of an admission: the user that may open the session, and what the session may do. */
export interface Admitted {
  /** The session will be a member by itself; else it belongs to a member that joined over WebSocket. */
  readonly plain: boolean;
  readonly uid: number;
  readonly account?: string;
  /** The WebSocket connection of a member that joined over one; absent for a plain session. */
  readonly connectionId?: string;
  readonly tokenEndsMs?: number;
  /** End of the token's publish privilege, epoch milliseconds; 0: it has none. Absent if the member is there already. */
  readonly publishEndsMs?: number;
  /** The joiner whose budget the session counts for; absent likewise. */
  readonly joiner?: Joiner;
  /** The kinds that a plain session's token allows to publish; undefined: the app does not hold publishing to tokens. */
  readonly rights?: PublishRights;
  /** Who the token says a plain session is over signaling. */
  readonly link?: TokenLink;
}

/** The ports of the log that an admission uses. */
export type AdmissionLog = Pick<Channels, 'channel'> &
  Bans &
  Pick<PastEndings, 'endingOf'> &
  Pick<Identities, 'expectedUid'>;

export interface AdmissionOptions {
  readonly apps: Pick<ReadonlyMap<string, EdgeApp>, 'get'>;
  readonly log: AdmissionLog;
  readonly resumeSecret: Uint8Array;
}

/** Prefix of a resume key, which no AccessToken2 has. */
const resumePrefix = 'hc1.';

/**
 * Checks app, channel and Bearer of a POST. Throws HousecountError: invalid_app_id, invalid_channel_name,
 * token_required, resume_invalid, banned, role_forbidden, or a token's code. What a publisher may send is asked
 * when its offer has been read.
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
  const { log } = options;
  const { channel, bearer, time, kind } = request;
  const app = appOf(options, request);

  if (bearer?.startsWith(resumePrefix)) {
    const { uid, role, connectionId } = memberOf(options, app, request);
    if (kind === 'whip' && role !== 'broadcaster') throw new HousecountError('role_forbidden');
    refuseBanned(log, ['join_channel'], { app: app.id, channel, uid, address: request.address });
    return { app, admitted: { plain: false, uid, connectionId } };
  }

  const { checked, wished } = tokenOf(app, request);
  const identity = wished ?? identityOf(checked.tokenUid);
  const rights = rightsOf(app, checked);
  const profile = log.channel(liveKey(app.id, channel))?.profile ?? pinnedProfile(app, channel);
  if ((kind === 'whip' || profile === 'communication') && !mayBroadcast(rights, time.nowMs))
    throw new HousecountError(
      'token_no_privilege',
      'It does not allow publishing, which a broadcaster needs here.',
    );
  const uid = log.expectedUid(liveKey(app.id, channel), identity);
  refuseBanned(log, ['join_channel'], { app: app.id, channel, uid, address: request.address });
  const token = app.certificate === undefined ? '' : (bearer ?? '');
  const joiner = { address: request.address, token, isForOne: namesOne(checked.tokenUid) };
  return {
    app,
    admitted: {
      plain: true,
      uid,
      publishEndsMs: publishEndsMsOf(checked),
      joiner,
      ...('account' in identity && { account: identity.account }),
      ...(checked.joinEndsMs !== undefined && { tokenEndsMs: checked.joinEndsMs }),
      ...(rights && { rights }),
      link: tokenLink(app, checked),
    },
  };
}

/** The parts of a request that say which session it asks for, and on whose behalf. */
interface Asked {
  readonly app: string;
  readonly channel: string;
  readonly bearer: string | undefined;
  readonly query: URLSearchParams;
  /** The client is on this machine. */
  readonly isHere?: boolean;
  readonly time: TokenTime;
}

/**
 * Who has this Bearer: the uid of a member, whose resume key it is; `token`, with which a POST would be looked at; else undefined.
 * Joins nobody, and stores nothing.
 */
export function holderOf(options: AdmissionOptions, request: Asked): number | 'token' | undefined {
  try {
    const app = appOf(options, request);
    if (request.bearer?.startsWith(resumePrefix)) return memberOf(options, app, request).uid;
    return tokenOf(app, request).checked.ok ? 'token' : undefined;
  } catch (error) {
    if (error instanceof HousecountError) return undefined;
    throw error;
  }
}

/** The member whose resume key the Bearer is. Throws resume_invalid, not_joined, or why its membership ended. */
function memberOf(
  { log, resumeSecret }: AdmissionOptions,
  app: EdgeApp,
  { channel, bearer = '' }: Pick<Asked, 'channel' | 'bearer'>,
): Member {
  const key = verifyResumeKey(resumeSecret, bearer);
  if (!key || key.app !== app.id || key.channel !== channel) throw new HousecountError('resume_invalid');
  const member = log.channel(liveKey(app.id, channel))?.roster.get(key.uid);
  if (!member || member.connectionId !== key.connectionId)
    throw new HousecountError(log.endingOf(app.id, key.connectionId)?.code ?? 'not_joined');
  return member;
}

/** The app, if it is one, the channel can be, and there is a Bearer where it needs one. */
function appOf({ apps }: AdmissionOptions, { app: id, channel, bearer, isHere }: Asked): EdgeApp {
  const app = isAppId(id) ? apps.get(id) : undefined;
  if (!app) throw new HousecountError('invalid_app_id');
  if (!isChannelName(channel)) throw new HousecountError('invalid_channel_name');
  if (!bearer && !needsNoToken(app, isHere)) throw new HousecountError('token_required');
  return app;
}

function tokenOf(app: EdgeApp, { channel, bearer, query, isHere, time }: Asked) {
  const wished = wishedIdentity(query);
  const checked = checkToken({
    token: bearer,
    app,
    channel,
    ...(wished && { identity: wished }),
    ...time,
    lengthMax: fixed.tokenLengthMax,
    isHere,
  });
  if (!checked.ok) throw new HousecountError(checked.code, checked.detail);
  return { checked, wished };
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

/** Throws HousecountError `banned` if a rule keeps the subject from one of the privileges. */
export function refuseBanned(
  log: Bans,
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
