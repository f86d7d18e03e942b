import { isSubscribable } from '../../channel/channel.ts';
import type { Channels } from '../../log/contract/channels.ts';
import type { LogRecord } from '../../log/record/record.ts';
import { closingCodes } from '../../net/session/closing.ts';
import { expels, isExpulsion, type ModerationNeeds, tellKicked } from '../messages/moderation.ts';
import { isLoggedIn } from './login/logged-memberships.ts';
import type { FactNeeds } from './session-facts.ts';
import type { Sessions } from './sessions.ts';

export interface EndedByLogNeeds {
  readonly log: ModerationNeeds['log'] & Pick<Channels, 'channel'>;
  readonly clock: Pick<FactNeeds['clock'], 'nowMs'>;
  readonly sessions: Pick<Sessions, 'all' | 'withId'>;
}

/**
 * Heeds a record: a session of which the log has ended a membership, that in its user's own channel or one of a subscription, is over,
 * whatever else it was in; but for those it left itself, and for subscriptions that a rule put it out of: of these it is told. A rule
 * about the app as a whole ends the session.
 */
export function heedEnd({ log, clock, sessions }: EndedByLogNeeds, record: LogRecord): void {
  if (record.type === 'rule-set' && isExpulsion(record.rule)) {
    for (const session of sessions.all())
      if (expels(log, record, session)) void session.end('kicked', 'kick');
    return;
  }
  if (record.type !== 'channel' || record.change.type !== 'member-left') return;
  const { key } = record;
  const { connectionId, reason, evidence } = record.change;
  if (reason === 'quit') return;
  const session = sessions.withId(connectionId);
  if (!session || key.kind === 'live') return;
  if (!isSubscribable(key)) {
    void session.end(closingCodes[reason], evidence);
    return;
  }
  const isBack = () => isLoggedIn(log, key, connectionId);
  if (reason === 'kicked') {
    // A rule has put it out of a channel. It may be back by now.
    if (!isBack()) tellKicked({ clock }, session, key);
  } else if (key.kind === 'stream' && reason === 'token') {
    // A stream channel has a token of its own, whose end is the end of nothing else.
    if (!isBack()) session.streamEnded(key, 'token_expired');
  } else {
    session.subscriptions.drop(key);
    void session.end(closingCodes[reason], evidence);
  }
}
