import { type ChannelKey, peopledKinds } from '../../channel/channel.ts';
import type { Random } from '../../clock.ts';
import type { JoinRequest } from '../contract/commands.ts';
import type { Refused } from '../contract/refused.ts';
import type { LogRecord } from '../record/record.ts';
import type { StateView } from '../state/state-view.ts';
import { nextUid } from './account-uids.ts';
import { holderOf } from './seen-uids.ts';

type Who = Pick<JoinRequest, 'key' | 'identity'>;

/** The uid of the request, and the records of it if it joins. Nothing is recorded of a request that is refused. */
export function decideIdentity(
  state: StateView,
  request: Who,
  random: Random,
  nowMs: number,
): { readonly ok: true; readonly uid: number; readonly records: readonly LogRecord[] } | Refused {
  const { key: place, identity } = request;
  if ('account' in identity) {
    const { app } = place;
    const { account } = identity;
    const { uid, isKept } = uidOfAccount(state, place, account, nowMs);
    const { key } = state.accountUids;
    const records: LogRecord[] = [];
    if (!state.isAccountKeyKept) records.push({ type: 'account-key', key, atMs: nowMs });
    if (isKept) records.push({ type: 'account-mapped', app, account, uid, atMs: nowMs });
    return { ok: true, uid, records };
  }
  if (identity.uid !== 0) return { ok: true, uid: identity.uid, records: [] };
  return { ok: true, uid: anyUid(state, place, random, nowMs), records: [] };
}

/** The uid that a join would have now. Nothing is recorded, and another one may take it meanwhile. */
export function expectedUid(state: StateView, request: Who, random: Random, nowMs: number): number {
  const { key, identity } = request;
  if ('account' in identity) return uidOfAccount(state, key, identity.account, nowMs).uid;
  return identity.uid === 0 ? anyUid(state, key, random, nowMs) : identity.uid;
}

/**
 * The uid that an account has in the app: the one that is kept for it, else that of its name; undefined if that is somebody else's, so
 * that the account had to give way, and has not joined yet.
 */
export function knownUid(
  { accounts, accountUids, seen }: Pick<StateView, 'accounts' | 'accountUids' | 'seen'>,
  app: string,
  account: string,
  nowMs: number,
): number | undefined {
  const kept = accounts.uidOf(app, account, nowMs);
  if (kept !== undefined) return kept;
  const uid = accountUids.choice(app, account, 0);
  const holder = seen.holder(app, uid);
  const isFree = holder === undefined || holder === holderOf(uid, account);
  return isFree && accounts.ownerOf(app, uid, nowMs) === undefined ? uid : undefined;
}

/**
 * The uid of an account. A kept one stays, unless somebody else is in the channel with it; else the first choice that nobody else has, or had for as
 * long as it is remembered. `isKept`: it is a new one that has to be kept, because the name alone does not tell it.
 */
function uidOfAccount(
  state: StateView,
  place: ChannelKey,
  account: string,
  nowMs: number,
): { readonly uid: number; readonly isKept: boolean } {
  const { accounts, accountUids, seen } = state;
  const { app } = place;
  const kept = accounts.uidOf(app, account, nowMs);
  if (kept !== undefined && !isOthersHere(state, place, kept, account)) return { uid: kept, isKept: false };
  for (let attempt = 0; ; attempt++) {
    const uid = accountUids.choice(app, account, attempt);
    const owner = accounts.ownerOf(app, uid, nowMs);
    if (owner !== undefined && owner !== account) continue;
    const holder = seen.holder(app, uid);
    if (holder !== undefined && holder !== holderOf(uid, account)) continue;
    if (!isOthersHere(state, place, uid, account)) return { uid, isKept: attempt > 0 };
  }
}

/** A uid that nobody has, or had for as long as it is remembered. */
function anyUid(state: StateView, place: ChannelKey, random: Random, nowMs: number): number {
  const { app } = place;
  let uid = nextUid(Math.floor(random.fraction() * 0xffffffff));
  while (
    state.accounts.ownerOf(app, uid, nowMs) !== undefined ||
    state.seen.holder(app, uid) !== undefined ||
    holdersHere(state, place, uid).length > 0
  )
    uid = nextUid(uid);
  return uid;
}

/** True when anybody else than the account is in a channel of this name with the uid. A user's own channel shares its name with none. */
const isOthersHere = (state: StateView, place: ChannelKey, uid: number, account: string): boolean =>
  place.kind !== 'user' && holdersHere(state, place, uid).some((holder) => holder !== holderOf(uid, account));

/** Does the number mean somebody in the channel who came by an account that does not spell it? */
export const isAccountsUid = (state: StateView, key: ChannelKey, uid: number): boolean =>
  (holderIn(state, key, uid) ?? 0) !== 0;

/** The holders of the uid in the channels of a name, of whatever kind. */
function holdersHere(state: StateView, { app, name }: ChannelKey, uid: number): readonly number[] {
  return peopledKinds.flatMap((kind) => holderIn(state, { app, kind, name }, uid) ?? []);
}

function holderIn(state: StateView, key: ChannelKey, uid: number): number | undefined {
  const channel = state.channel(key);
  const member = channel.sid === undefined ? undefined : channel.roster.get(uid);
  return member && holderOf(uid, member.account);
}
