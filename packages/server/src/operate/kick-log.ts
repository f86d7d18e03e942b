import type { ChannelKind } from '../channel/channel.ts';
import type { Clock } from '../clock.ts';
import type { Feed } from '../log/contract/feed.ts';
import { LogFollower } from '../log/feed/log-follower.ts';
import type { LogRecord } from '../log/record/record.ts';
import type { Logger } from '../observe/contract.ts';

/** Tells the operator of kicking rules as they are made, changed and deleted, and of each member that is put out. */
export function followKicks(options: {
  readonly log: Feed;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A rate-limited logger, for lines that one rule can cause by the thousand. */
  readonly limited: Pick<Logger, 'info'>;
}): LogFollower {
  const { logger, limited } = options;
  return new LogFollower({
    ...options,
    part: 'kick log',
    absorb: ({ record }) => tell(record, logger, limited),
  });
}

function tell(record: LogRecord, logger: Pick<Logger, 'info'>, limited: Pick<Logger, 'info'>): void {
  switch (record.type) {
    case 'rule-set': {
      const { id, app, channel, uid, account, ip, privileges, endsMs } = record.rule;
      logger.info('a kicking rule is in force', {
        app,
        rule: id,
        channel,
        uid,
        account,
        ip,
        privileges,
        endsMs,
      });
      return;
    }
    case 'rule-deleted':
      logger.info('a kicking rule was deleted', { app: record.app, rule: record.ruleId });
      return;
    case 'channel': {
      const { key, change } = record;
      if (change.type === 'member-left' && change.reason === 'kicked')
        kicked(change, wordOf[key.kind], limited);
      return;
    }
    default:
      return;
  }
}

/** The kinds, as the operator knows them from the API. */
const wordOf: Readonly<Record<ChannelKind, string>> = {
  live: 'live',
  message: 'MESSAGE',
  stream: 'STREAM',
  user: 'USER',
};

function kicked(
  { app, channel, uid, account }: { app: string; channel: string; uid: number; account?: string },
  channelType: string,
  logger: Pick<Logger, 'info'>,
): void {
  logger.info('a member was put out', { app, channelType, channel, uid, account });
}
