import { spelledUid } from '../decide/account-uids.ts';
import type { Accounts } from '../decide/accounts.ts';
import type { MessageTimes } from '../decide/message-times.ts';
import type { Rules } from '../decide/rules/rules.ts';
import { holderOf, type SeenUids } from '../decide/seen-uids.ts';
import { conversationOf } from '../record/conversation.ts';
import type { AppRecord, ChannelRecord } from '../record/record.ts';

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
