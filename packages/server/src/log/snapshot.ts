import type { KickingRule } from '../channel/rules.ts';
import { channelFromLines, channelToLines } from '../channel/snapshot.ts';
import type { ChannelState } from '../channel/state.ts';
import type { World } from './world.ts';

/** First line of a snapshot. `floorMs`: no time given after it may be earlier. */
interface Header {
  readonly version: 1;
  readonly floorMs: number;
}
type Line =
  | { readonly account: readonly [app: string, account: string, uid: number] }
  | { readonly rule: KickingRule }
  /** The next `lines` lines are the channel's own. */
  | { readonly channel: string; readonly app: string; readonly lines: number };

/** The world as lines of text. What is written is the world of the call, whatever happens while the lines are drawn. */
export function worldToLines(world: World, floorMs: number): Iterable<string> {
  const states = world.states();
  const accounts = [...world.accounts.all()];
  const rules = world.rules.everything();
  return lines(states, accounts, rules, floorMs);
}

function* lines(
  states: readonly ChannelState[],
  accounts: readonly { app: string; account: string; uid: number }[],
  rules: readonly KickingRule[],
  floorMs: number,
): Iterable<string> {
  yield JSON.stringify({ version: 1, floorMs } satisfies Header);
  for (const { app, account, uid } of accounts)
    yield JSON.stringify({ account: [app, account, uid] } satisfies Line);
  for (const rule of rules) yield JSON.stringify({ rule } satisfies Line);
  for (const state of states) {
    const own = [...channelToLines(state)];
    yield JSON.stringify({ channel: state.channel, app: state.app, lines: own.length } satisfies Line);
    yield* own;
  }
}

/** Fills an empty world from a snapshot's lines. Throws if they are not what worldToLines made. */
export async function worldFromLines(
  world: World,
  source: AsyncIterable<string>,
): Promise<{ floorMs: number }> {
  let header: Header | undefined;
  let channel: { readonly left: number; readonly lines: string[] } | undefined;
  for await (const text of source) {
    if (!header) {
      header = JSON.parse(text) as Header;
      if (header.version !== 1) throw new Error(`snapshot version ${header.version} is not known`);
      continue;
    }
    if (channel) {
      channel.lines.push(text);
    } else {
      const line = JSON.parse(text) as Line;
      if ('account' in line) world.accounts.map(...line.account);
      else if ('rule' in line) world.rules.set(line.rule);
      else channel = { left: line.lines, lines: [] };
    }
    if (channel && channel.lines.length === channel.left) {
      world.put(channelFromLines(channel.lines));
      channel = undefined;
    }
  }
  if (!header || channel) throw new Error('the snapshot ends in the middle');
  return { floorMs: header.floorMs };
}
