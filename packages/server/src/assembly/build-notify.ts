import { createHmac } from 'node:crypto';
import type { CommunicationEvents } from '@housecount/protocol';
import { Redeliveries } from '../ledger/redelivery/redeliveries.ts';
import type { Log } from '../log/contract/log.ts';
import type { Notify } from '../notify/contract.ts';
import { EndpointStore } from '../notify/endpoint/endpoint-store.ts';
import { startNotify } from '../notify/notify.ts';
import { EndpointRegistry } from '../notify/registry/endpoint-registry.ts';
import { retentionCheckMs } from '../notify/retention/retention.ts';
import { createHttpSender } from '../notify/send/send-http.ts';
import type { Ground } from './build-ground.ts';
import type { Ledger } from './build-ledger.ts';
import type { DataFolder } from './build-log.ts';
import type { Settings } from './settings.ts';
import type { Stops } from './stops.ts';

export interface Notices {
  readonly sender: ReturnType<typeof createHttpSender>;
  readonly notify: Notify;
  readonly endpoints: EndpointRegistry;
  readonly redeliveries: Redeliveries;
  /** Numbers the joins and leaves of an app's communication channels. */
  readonly communicationEventsOf: (app: string) => CommunicationEvents;
}

/** Starts the delivery of notices, and what is asked of it. */
export async function buildNotify(
  settings: Settings,
  ground: Pick<Ground, 'common' | 'health' | 'apps' | 'limitsOf'>,
  parts: Pick<DataFolder, 'kept' | 'resumeSecret'> &
    Pick<Ledger, 'history' | 'deliveries'> & { readonly log: Log },
  stops: Stops,
): Promise<Notices> {
  const { common, health, apps, limitsOf } = ground;
  const { log, kept, resumeSecret, history, deliveries } = parts;
  const { hours, ...room } = settings.first.retention;
  const { endpoints: configured, limits } = settings.first;
  const sender = createHttpSender({
    clock: common.clock,
    named: () => settings.now.endpointNetworks,
    limits,
  });
  stops.add(() => sender.close());
  const communicationEventsOf = (app: string) => apps.get(app)?.communicationEvents ?? '107/108';
  const store = await EndpointStore.open(kept);
  const managed = store.list().filter(({ enabled }) => enabled);
  warnIfCutOff(settings, managed, common);
  const notify = await startNotify({
    ...common,
    limits,
    log,
    kept,
    send: sender.send,
    endpoints: [...configured, ...managed],
    paused: new Set([
      ...configured.filter(({ skipHealthTest }) => !skipHealthTest).map(({ id }) => id),
      ...managed.filter(({ paused }) => paused).map(({ id }) => id),
    ]),
    isDeleted: (id) => store.isDeleted(id),
    retention: { ms: hours * 3_600_000, ...room, checkMs: retentionCheckMs },
    communicationEventsOf,
    inspectorSecretOf: (app) =>
      inspectorSecret(apps.get(app)?.certificate ?? Buffer.from(resumeSecret).toString('hex')),
    onAttempt: deliveries.record,
    isDelivered: (endpoint, noticeId) => deliveries.delivery(endpoint, noticeId)?.status === 'delivered',
  });
  stops.add(() => notify.stop());
  health.register('notify', () => notify.trouble);
  const endpoints = new EndpointRegistry({
    ...common,
    limits,
    limitsOf,
    configured,
    store,
    notify,
    send: sender.send,
    get hasNamedNetworks() {
      return settings.now.endpointNetworks.length > 0;
    },
  });
  stops.add(() => endpoints.stop());
  const redeliveries = new Redeliveries({ ...common, limits, history, deliveries, notify });
  stops.add(() => redeliveries.stop());
  return { sender, notify, endpoints, redeliveries, communicationEventsOf };
}

function warnIfCutOff(
  { first: { endpointNetworks } }: Settings,
  managed: ReturnType<EndpointStore['list']>,
  { logger }: Pick<Ground['common'], 'logger'>,
): void {
  const endpoints = managed.filter(({ allowPrivateNetwork }) => allowPrivateNetwork).map(({ id }) => id);
  if (endpointNetworks.length === 0 && endpoints.length > 0)
    logger.warn(
      'endpoints made over REST reach a private network only if the setting endpointNetworks names it; notices of these wait',
      { endpoints },
    );
}

/** Signs the inspector's copies: made of the certificate, but of no use for anything else. */
const inspectorSecret = (certificate: string): string =>
  createHmac('sha256', certificate).update('housecount notice inspector').digest('hex');
