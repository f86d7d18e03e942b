import type { Channel, ChannelKey, OpenChannel } from '../../channel/channel.ts';
import type { Locks } from '../../channel/parts/locks.ts';
import type { Metadata } from '../../channel/parts/metadata.ts';
import type { StatesOf } from '../../channel/parts/states.ts';
import { type PublisherOf, withTopics } from '../../channel/parts/topics.ts';
import type { KickingRule } from '../../channel/rules.ts';
import { membersFromLines, membersToLines } from '../../channel/snapshot.ts';
import { bytesOfTexts } from '../../channel/text-bytes.ts';
import { spelledUid } from '../decide/account-uids.ts';
import type { KeptAccount } from '../decide/accounts.ts';
import type { EndingLine } from '../decide/endings.ts';
import { holderOf, type SeenLine } from '../decide/seen-uids.ts';
import type { Nodes } from '../nodes/nodes.ts';
import { type SignalingKind, type StoredType, storedKindOf, storedTypeOf } from '../record/stored-types.ts';
import type { LogState } from '../state/state.ts';

/**
 * 1 knew no signaling channels, 2 no topics; 3 had a uid of every account, and nothing of who was seen, nor of how memberships ended; 4 nothing of
 * which nodes were up.
 */
const versions = [1, 2, 3, 4, 5];

/** First line of a snapshot. `floorMs`: no time given after it may be earlier. */
interface Header {
  readonly version: number;
  readonly floorMs: number;
}
type Line =
  /** `usedMs` is absent before version 4. */
  | { readonly account: readonly [app: string, account: string, uid: number, usedMs?: number] }
  | { readonly accountKey: string }
  | { readonly nodes: Nodes }
  | { readonly seen: SeenLine }
  | { readonly rule: KickingRule }
  | { readonly ended: EndingLine }
  /** The next `lines` lines are the channel's own. */
  | { readonly channel: string; readonly app: string; readonly lines: number }
  /** The next `lines` lines are those of its presence, then `states` users' states, then `publishers` of topics. */
  | SignalingLine;

interface SignalingLine {
  readonly signaling: { readonly app: string; readonly channelType: StoredType; readonly channel: string };
  readonly lines: number;
  readonly states: number;
  /** Absent before version 3. */
  readonly publishers?: number;
  readonly metadata: Metadata;
  readonly locks: Locks;
}

/** The state as lines of text. What is written is the state of the call, whatever happens while the lines are drawn. */
export function stateToLines(state: LogState, floorMs: number): Iterable<string> {
  const accounts = {
    key: state.isAccountKeyKept ? state.accountUids.key : undefined,
    kept: [...state.accounts.all(floorMs)],
    seen: state.seen.lines(),
  };
  const rules = state.rules.everything();
  const endings = state.endings.lines();
  return lines(state.channels(), accounts, { rules, endings, nodes: state.nodes }, floorMs);
}

function* lines(
  channels: readonly Channel[],
  accounts: { key: string | undefined; kept: readonly KeptAccount[]; seen: Iterable<SeenLine> },
  { rules, endings, nodes }: { rules: readonly KickingRule[]; endings: readonly EndingLine[]; nodes: Nodes },
  floorMs: number,
): Iterable<string> {
  yield JSON.stringify({ version: 5, floorMs } satisfies Header);
  yield JSON.stringify({ nodes } satisfies Line);
  if (accounts.key !== undefined) yield JSON.stringify({ accountKey: accounts.key } satisfies Line);
  for (const { app, account, uid, usedMs } of accounts.kept)
    yield JSON.stringify({ account: [app, account, uid, usedMs] } satisfies Line);
  for (const seen of accounts.seen) yield JSON.stringify({ seen } satisfies Line);
  for (const rule of rules) yield JSON.stringify({ rule } satisfies Line);
  for (const ended of endings) yield JSON.stringify({ ended } satisfies Line);
  for (const channel of channels) {
    const { app, kind, name } = channel.key;
    yield* kind === 'live' ? liveLines(channel, { app, name }) : signalingLines(channel, { app, kind, name });
  }
}

function* liveLines(channel: Channel, { app, name }: Pick<ChannelKey, 'app' | 'name'>): Iterable<string> {
  const own = [...membersToLines(channel)];
  yield JSON.stringify({ channel: name, app, lines: own.length } satisfies Line);
  yield* own;
}

function* signalingLines(channel: Channel, { app, kind, name }: ChannelKey<SignalingKind>): Iterable<string> {
  const { metadata, locks } = channel;
  const states = channel.sid === undefined ? [] : [...channel.states.values()];
  const publishers = channel.sid === undefined ? [] : [...channel.publishers.byUid.values()];
  const own = [...membersToLines(channel)];
  for (const user of [...states, ...publishers]) own.push(JSON.stringify(user));
  const line = {
    signaling: { app, channelType: storedTypeOf(kind), channel: name },
    lines: own.length,
    states: states.length,
    publishers: publishers.length,
    metadata,
    locks,
  };
  yield JSON.stringify(line satisfies Line);
  yield* own;
}

/** Fills an empty state from a snapshot's lines. Throws if they are not what stateToLines made. */
export async function stateFromLines(
  state: LogState,
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
      if ('account' in line) keepAccount(state, line.account, header);
      else if ('accountKey' in line) state.accountUids.keep(line.accountKey);
      else if ('nodes' in line) state.nodes = line.nodes;
      else if ('seen' in line) state.seen.restore(line.seen);
      else if ('rule' in line) state.rules.set(line.rule);
      else if ('ended' in line) state.endings.restore(line.ended);
      else if ('signaling' in line)
        channel = { left: line.lines, lines: [], put: (own) => state.put(signalingOf(line, own)) };
      else {
        const key = { app: line.app, kind: 'live', name: line.channel } as const;
        channel = { left: line.lines, lines: [], put: (own) => state.put(membersFromLines(key, own)) };
      }
    }
    if (channel && channel.lines.length === channel.left) {
      channel.put(channel.lines);
      channel = undefined;
    }
  }
  if (!header || channel) throw new Error('the snapshot ends in the middle');
  if (header.version < 4) noteMembers(state, header.floorMs);
  return { floorMs: header.floorMs };
}

/** Keeps an account. A line of before version 4 counts as used now; uids that the account's name tells need not be kept. */
function keepAccount(
  { accounts }: LogState,
  [app, account, uid, usedMs]: readonly [app: string, account: string, uid: number, usedMs?: number],
  { floorMs }: Header,
): void {
  if (spelledUid(account) !== uid) accounts.map(app, account, uid, usedMs ?? floorMs);
}

/** Notes the members as seen: a snapshot of before version 4 knows only the uids that were there. */
function noteMembers(state: LogState, floorMs: number): void {
  for (const channel of state.channels()) {
    if (channel.sid === undefined) continue;
    for (const { uid, account } of channel.roster)
      state.seen.note(channel.key.app, uid, holderOf(uid, account), floorMs);
  }
}

function signalingOf(
  { signaling, states: stated, publishers: publishing = 0, metadata, locks }: SignalingLine,
  lines: readonly string[],
): Channel {
  const { app, channelType, channel: name } = signaling;
  const members = lines.length - stated - publishing;
  const key = { app, kind: storedKindOf(channelType), name };
  const channel = { ...membersFromLines(key, lines.slice(0, members)), metadata, locks };
  if (channel.sid === undefined) return channel;
  const states = lines.slice(members, members + stated).map((line) => JSON.parse(line) as StatesOf);
  const publishers = lines.slice(members + stated).map((line) => JSON.parse(line) as PublisherOf);
  return withTexts(channel, states, publishers);
}

function withTexts(
  channel: OpenChannel,
  allStates: readonly StatesOf[],
  allPublishers: readonly PublisherOf[],
): OpenChannel {
  let { states, publishers, textBytes } = channel;
  for (const one of allStates) {
    states = states.with(one.uid, one);
    textBytes += bytesOfTexts(one.states);
  }
  for (const one of allPublishers) {
    publishers = withTopics(publishers, one);
    textBytes += bytesOfTexts(one.topics);
  }
  return { ...channel, states, publishers, textBytes };
}
