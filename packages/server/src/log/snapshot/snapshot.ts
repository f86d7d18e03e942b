import type { Locks } from '../../channel/locks.ts';
import type { Metadata } from '../../channel/metadata.ts';
import type { KickingRule } from '../../channel/rules.ts';
import type { SignalingState, StatesOf } from '../../channel/signaling.ts';
import { emptySignaling } from '../../channel/signaling-apply.ts';
import { channelFromLines, channelToLines } from '../../channel/snapshot.ts';
import type { ChannelState } from '../../channel/state.ts';
import { bytesOfTexts } from '../../channel/text-bytes.ts';
import { type PublisherOf, withTopics } from '../../channel/topics.ts';
import type { SignalingKey } from '../contract.ts';
import { spelledUid } from '../decide/account-uids.ts';
import type { KeptAccount } from '../decide/accounts.ts';
import type { EndingLine } from '../decide/endings.ts';
import { holderOf, type SeenLine } from '../decide/seen-uids.ts';
import type { World } from '../world.ts';

/** 1 knew no signaling channels, 2 no topics; 3 had a uid of every account, and nothing of who was seen, nor of how memberships ended. */
const versions = [1, 2, 3, 4];

/** First line of a snapshot. `floorMs`: no time given after it may be earlier. */
interface Header {
  readonly version: number;
  readonly floorMs: number;
}
type Line =
  /** `usedMs` is absent before version 4. */
  | { readonly account: readonly [app: string, account: string, uid: number, usedMs?: number] }
  | { readonly accountKey: string }
  | { readonly seen: SeenLine }
  | { readonly rule: KickingRule }
  | { readonly ended: EndingLine }
  /** The next `lines` lines are the channel's own. */
  | { readonly channel: string; readonly app: string; readonly lines: number }
  /** The next `lines` lines are those of its presence, then `states` users' states, then `publishers` of topics. */
  | SignalingLine;

interface SignalingLine {
  readonly signaling: SignalingKey;
  readonly lines: number;
  readonly states: number;
  /** Absent before version 3. */
  readonly publishers?: number;
  readonly metadata: Metadata;
  readonly locks: Locks;
}

/** The world as lines of text. What is written is the world of the call, whatever happens while the lines are drawn. */
export function worldToLines(world: World, floorMs: number): Iterable<string> {
  const states = world.states();
  const accounts = {
    key: world.isAccountKeyKept ? world.accountUids.key : undefined,
    kept: [...world.accounts.all(floorMs)],
    seen: world.seen.lines(),
  };
  const rules = world.rules.everything();
  const endings = world.endings.lines();
  return lines({ states, signaling: world.signalingStates() }, accounts, { rules, endings }, floorMs);
}

function* lines(
  { states, signaling }: { states: readonly ChannelState[]; signaling: readonly SignalingState[] },
  accounts: { key: string | undefined; kept: readonly KeptAccount[]; seen: Iterable<SeenLine> },
  { rules, endings }: { rules: readonly KickingRule[]; endings: readonly EndingLine[] },
  floorMs: number,
): Iterable<string> {
  yield JSON.stringify({ version: 4, floorMs } satisfies Header);
  if (accounts.key !== undefined) yield JSON.stringify({ accountKey: accounts.key } satisfies Line);
  for (const { app, account, uid, usedMs } of accounts.kept)
    yield JSON.stringify({ account: [app, account, uid, usedMs] } satisfies Line);
  for (const seen of accounts.seen) yield JSON.stringify({ seen } satisfies Line);
  for (const rule of rules) yield JSON.stringify({ rule } satisfies Line);
  for (const ended of endings) yield JSON.stringify({ ended } satisfies Line);
  for (const state of states) {
    const own = [...channelToLines(state)];
    yield JSON.stringify({ channel: state.channel, app: state.app, lines: own.length } satisfies Line);
    yield* own;
  }
  for (const one of signaling) {
    const { app, channelType, channel, presence, states: set, publishers, metadata, locks } = one;
    const own = [...channelToLines(presence)];
    for (const user of [...set.values(), ...publishers.byUid.values()]) own.push(JSON.stringify(user));
    const key = { app, channelType, channel };
    const line = {
      signaling: key,
      lines: own.length,
      states: set.size,
      publishers: publishers.byUid.size,
      metadata,
      locks,
    };
    yield JSON.stringify(line satisfies Line);
    yield* own;
  }
}

/** Fills an empty world from a snapshot's lines. Throws if they are not what worldToLines made. */
export async function worldFromLines(
  world: World,
  source: AsyncIterable<string>,
): Promise<{ floorMs: number }> {
  let header: Header | undefined;
  let channel:
    | { readonly left: number; readonly lines: string[]; readonly put: (lines: string[]) => void }
    | undefined;
  for await (const text of source) {
    if (!header) {
      header = JSON.parse(text) as Header;
      if (!versions.includes(header.version))
        throw new Error(`snapshot version ${header.version} is not known`);
      continue;
    }
    if (channel) {
      channel.lines.push(text);
    } else {
      const line = JSON.parse(text) as Line;
      if ('account' in line) keepAccount(world, line.account, header);
      else if ('accountKey' in line) world.accountUids.keep(line.accountKey);
      else if ('seen' in line) world.seen.restore(line.seen);
      else if ('rule' in line) world.rules.set(line.rule);
      else if ('ended' in line) world.endings.restore(line.ended);
      else if ('signaling' in line)
        channel = { left: line.lines, lines: [], put: (own) => world.putSignaling(signalingOf(line, own)) };
      else channel = { left: line.lines, lines: [], put: (own) => world.put(channelFromLines(own)) };
    }
    if (channel && channel.lines.length === channel.left) {
      channel.put(channel.lines);
      channel = undefined;
    }
  }
  if (!header || channel) throw new Error('the snapshot ends in the middle');
  if (header.version < 4) noteMembers(world, header.floorMs);
  return { floorMs: header.floorMs };
}

/** One of before version 4 counts as used now; those of the uid that their name tells need not be kept. */
function keepAccount(
  { accounts }: World,
  [app, account, uid, usedMs]: readonly [app: string, account: string, uid: number, usedMs?: number],
  { floorMs }: Header,
): void {
  if (spelledUid(account) !== uid) accounts.map(app, account, uid, usedMs ?? floorMs);
}

/** Of who was seen, a snapshot of before version 4 has those who were there. */
function noteMembers(world: World, floorMs: number): void {
  const rosters = [...world.states(), ...world.signalingStates().map(({ presence }) => presence)];
  for (const state of rosters) {
    if (state.sid === undefined) continue;
    for (const { uid, account } of state.roster)
      world.seen.note(state.app, uid, holderOf(uid, account), floorMs);
  }
}

function signalingOf(
  { signaling, states: stated, publishers: publishing = 0, metadata, locks }: SignalingLine,
  lines: readonly string[],
): SignalingState {
  const members = lines.length - stated - publishing;
  const presence = channelFromLines(lines.slice(0, members));
  let { states, publishers, textBytes } = emptySignaling(signaling);
  for (const line of lines.slice(members, members + stated)) {
    const one = JSON.parse(line) as StatesOf;
    states = states.with(one.uid, one);
    textBytes += bytesOfTexts(one.states);
  }
  for (const line of lines.slice(members + stated)) {
    const one = JSON.parse(line) as PublisherOf;
    publishers = withTopics(publishers, one);
    textBytes += bytesOfTexts(one.topics);
  }
  return { ...signaling, presence, states, publishers, textBytes, metadata, locks };
}
