import type { Channel } from '../../channel/channel.ts';
import { isOfOne } from '../../channel/policy.ts';
import { evolveShared, isLost, type NodeLost, type SharedChange } from '../../channel/shared-change.ts';
import { spelledUid } from '../decide/account-uids.ts';
import type { Accounts } from '../decide/accounts.ts';
import type { MessageTimes } from '../decide/message-times.ts';
import type { Rules } from '../decide/rules/rules.ts';
import { holderOf, type SeenUids } from '../decide/seen-uids.ts';
import { type Nodes, nodesAfter } from '../nodes/nodes.ts';
import { conversationOf } from '../record/conversation.ts';
import type { AppRecord, ChannelRecord, NodeUp } from '../record/record.ts';

/** Remembers who has a uid, and that an account was used, of whoever comes or goes. */
export function noteUid(
  target: { readonly accounts: Accounts; readonly seen: SeenUids },
  { change }: ChannelRecord,
): void {
  if (change.type !== 'member-joined' && change.type !== 'member-left') return;
  const { app, uid, account, atMs } = change;
  target.seen.note(app, uid, holderOf(uid, account), atMs);
  if (account !== undefined && change.type === 'member-joined') target.accounts.used(app, account, uid, atMs);
}

/** Folds in what is about every channel at once; `keep` takes each one that is another now. */
export function absorbShared(
  target: { nodes: Nodes; channels(): readonly Channel[] },
  record: SharedChange,
  keep: (channel: Channel) => void,
): void {
  if (record.type === 'node-lost') absorbNode(target, record);
  const gone = record.type === 'node-lost' && !record.wasLast ? usersAt(target.channels(), record) : nobody;
  for (const channel of target.channels()) {
    const { app } = channel.key;
    const after = evolveShared(channel, record, (userId) => gone.has(userOf(app, userId)));
    if (after !== channel) keep(after);
  }
}

const nobody: ReadonlySet<string> = new Set();
const userOf = (app: string, userId: string): string => `${app}/${userId}`;

/** The users whose sessions are at the node, as the log has them. */
function usersAt(channels: readonly Channel[], lost: NodeLost): ReadonlySet<string> {
  const users = new Set<string>();
  for (const channel of channels) {
    if (channel.sid === undefined || !isOfOne(channel.key.kind)) continue;
    const { app, name } = channel.key;
    for (const member of channel.roster) if (isLost(member, lost)) users.add(userOf(app, name));
  }
  return users;
}

/** Folds in who is up. */
export function absorbNode(target: { nodes: Nodes }, record: NodeUp | NodeLost): void {
  target.nodes = nodesAfter(target.nodes, record);
}

/** Folds in what is about an app as a whole. */
export function absorbApp(
  target: {
    readonly accounts: Accounts;
    readonly messageTimes: MessageTimes;
    readonly rules: Rules;
    keepAccountKey(key: string): void;
  },
  record: AppRecord,
): void {
  switch (record.type) {
    case 'account-key':
      target.keepAccountKey(record.key);
      return;
    case 'account-mapped':
      // Earlier versions recorded each account's uid, also those that its name tells.
      if (spelledUid(record.account) !== record.uid)
        target.accounts.map(record.app, record.account, record.uid, record.atMs);
      return;
    case 'message':
      target.messageTimes.note(conversationOf(record), record.atMs);
      return;
    case 'messages-erased':
    case 'media-watched':
      return;
    case 'rule-set':
      target.rules.set(record.rule);
      return;
    case 'rule-deleted':
      target.rules.delete(record.app, record.ruleId);
  }
}
