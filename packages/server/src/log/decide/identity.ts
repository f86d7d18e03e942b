import type { Random } from '../../clock.ts';
import type { JoinRequest, Refused } from '../contract.ts';
import type { LogRecord } from '../record.ts';
import type { WorldView } from '../world.ts';
import { nextUid } from './account-uids.ts';
import { holderOf } from './seen-uids.ts';

type Who = Pick<JoinRequest, 'app' | 'channel' | 'identity'>;

/** Who the request is: its uid, and what is to be recorded of that if it joins. Nothing is recorded of who is refused. */
export function decideIdentity(
  world: WorldView,
  request: Who,
  random: Random,
  nowMs: number,
): { readonly ok: true; readonly uid: number; readonly records: readonly LogRecord[] } | Refused {
  const { app, channel, identity } = request;
  if ('account' in identity) {
    const { account } = identity;
    const { uid, isKept } = uidOfAccount(world, { app, channel, account }, nowMs);
    const { key } = world.accountUids;
    const records: LogRecord[] = [];
    if (!world.isAccountKeyKept) records.push({ type: 'account-key', key, atMs: nowMs });
    if (isKept) records.push({ type: 'account-mapped', app, account, uid, atMs: nowMs });
    return { ok: true, uid, records };
  }
  if (identity.uid !== 0) return { ok: true, uid: identity.uid, records: [] };
  return { ok: true, uid: anyUid(world, { app, channel }, random, nowMs), records: [] };
}

/** The uid that a join would have now. Nothing is recorded, and another one may take it meanwhile. */
export function expectedUid(world: WorldView, request: Who, random: Random, nowMs: number): number {
  const { app, channel, identity } = request;
  if ('account' in identity)
    return uidOfAccount(world, { app, channel, account: identity.account }, nowMs).uid;
  return identity.uid === 0 ? anyUid(world, { app, channel }, random, nowMs) : identity.uid;
}

/**
 * The uid that an account has in the app: the one that is kept for it, else that of its name; undefined if that is somebody else's, so
 * that the account had to give way, and has not joined yet.
 */
export function knownUid(
  { accounts, accountUids, seen }: Pick<WorldView, 'accounts' | 'accountUids' | 'seen'>,
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
 * What is kept stays, unless somebody else is in the channel with that uid; else the first choice that nobody else has, or had for as
 * long as it is remembered. `isKept`: it is a new one that its name alone does not tell.
 */
function uidOfAccount(
  world: WorldView,
  who: { readonly app: string; readonly channel: string; readonly account: string },
  nowMs: number,
): { readonly uid: number; readonly isKept: boolean } {
  const { accounts, accountUids, seen } = world;
  const { app, account } = who;
  const kept = accounts.uidOf(app, account, nowMs);
  if (kept !== undefined && !isOthersHere(world, { ...who, uid: kept })) return { uid: kept, isKept: false };
  for (let attempt = 0; ; attempt++) {
    const uid = accountUids.choice(app, account, attempt);
    const owner = accounts.ownerOf(app, uid, nowMs);
    if (owner !== undefined && owner !== account) continue;
    const holder = seen.holder(app, uid);
    if (holder !== undefined && holder !== holderOf(uid, account)) continue;
    if (!isOthersHere(world, { ...who, uid })) return { uid, isKept: attempt > 0 };
  }
}

/** One that nobody has, or had for as long as it is remembered. */
function anyUid(
  world: WorldView,
  { app, channel }: { readonly app: string; readonly channel: string },
  random: Random,
  nowMs: number,
): number {
  let uid = nextUid(Math.floor(random.fraction() * 0xffffffff));
  while (
    world.accounts.ownerOf(app, uid, nowMs) !== undefined ||
    world.seen.holder(app, uid) !== undefined ||
    holdersHere(world, { app, channel, uid }).length > 0
  )
    uid = nextUid(uid);
  return uid;
}

interface Place {
  readonly app: string;
  readonly channel: string;
  readonly uid: number;
}

/** Is anybody else than the account in a channel of this name with the uid? */
const isOthersHere = (world: WorldView, place: Place & { readonly account: string }): boolean =>
  holdersHere(world, place).some((holder) => holder !== holderOf(place.uid, place.account));

/** Does the number mean somebody in the live channel who came by an account that does not spell it? */
export function isAccountsUid(world: WorldView, { app, channel, uid }: Place): boolean {
  const state = world.state(app, channel);
  const member = state.sid === undefined ? undefined : state.roster.get(uid);
  return member !== undefined && holderOf(uid, member.account) !== 0;
}

/** Who has the uid in the live channel and the signaling channels of a name. */
function holdersHere(world: WorldView, { app, channel, uid }: Place): readonly number[] {
  const states = [
    world.state(app, channel),
    world.signaling({ app, channelType: 'MESSAGE', channel }).presence,
    world.signaling({ app, channelType: 'STREAM', channel }).presence,
  ];
  return states.flatMap((state) => {
    const member = state.sid === undefined ? undefined : state.roster.get(uid);
    return member ? [holderOf(uid, member.account)] : [];
  });
}
