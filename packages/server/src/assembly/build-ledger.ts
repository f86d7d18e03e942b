import { join } from 'node:path';
import { type Deliveries, openDeliveries } from '../ledger/deliveries/deliveries.ts';
import { type History, openHistory } from '../ledger/history/history.ts';
import { type Messages, openMessages } from '../ledger/messages/messages.ts';
import type { Log } from '../log/contract/log.ts';
import type { Ground } from './build-ground.ts';
import type { Settings } from './settings.ts';
import type { Stops } from './stops.ts';

export interface Ledger {
  readonly history: History;
  readonly messages: Messages;
  readonly deliveries: Deliveries;
}

/** Opens the read models beside the log. */
export function buildLedger(
  { first: { dataDir, limits } }: Settings,
  { common, health, apps }: Pick<Ground, 'common' | 'health' | 'apps'>,
  log: Log,
  stops: Stops,
): Ledger {
  const historyEnd = new AbortController();
  const history = openHistory({
    ...common,
    limits,
    path: join(dataDir, 'history.db'),
    log,
    signal: historyEnd.signal,
  });
  stops.add(async () => {
    historyEnd.abort();
    await history.closed;
  });
  health.register('history', () => history.trouble);
  const messagesEnd = new AbortController();
  const messages = openMessages({
    ...common,
    limits,
    path: join(dataDir, 'messages.db'),
    log,
    daysOf: apps.historyDays,
    signal: messagesEnd.signal,
  });
  stops.add(async () => {
    messagesEnd.abort();
    await messages.closed;
  });
  health.register('messages', () => messages.trouble);
  const deliveries = openDeliveries({ ...common, limits, path: join(dataDir, 'deliveries.db') });
  stops.add(() => deliveries.stop());
  return { history, messages, deliveries };
}
