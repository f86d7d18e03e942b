import type { Operation, TakenBy } from '../request/operation.ts';
import { getRoster } from './channels/get-roster.ts';
import { getSnapshot } from './channels/get-snapshot.ts';
import { listChannels } from './channels/list-channels.ts';
import { listSids } from './channels/list-sids.ts';
import { cancelRedelivery } from './deliveries/cancel-redelivery.ts';
import { followAttempts } from './deliveries/follow-attempts.ts';
import { getDelivery } from './deliveries/get-delivery.ts';
import { getRedelivery } from './deliveries/get-redelivery.ts';
import { listGivenUp } from './deliveries/list-given-up.ts';
import { redeliver } from './deliveries/redeliver.ts';
import { searchDeliveries } from './deliveries/search-deliveries.ts';
import { changeEndpoint } from './endpoints/change-endpoint.ts';
import { createEndpoint } from './endpoints/create-endpoint.ts';
import { deleteEndpoint } from './endpoints/delete-endpoint.ts';
import { enableEndpoint } from './endpoints/enable-endpoint.ts';
import { getEndpoint } from './endpoints/get-endpoint.ts';
import { listEndpoints } from './endpoints/list-endpoints.ts';
import { rotateEndpointSecret } from './endpoints/rotate-endpoint-secret.ts';
import { switchEndpoint } from './endpoints/switch-endpoint.ts';
import { testEndpoint } from './endpoints/test-endpoint.ts';
import { followNotices } from './events/follow-notices.ts';
import { listEvents } from './events/list-events.ts';
import { pullEvents } from './events/pull-events.ts';
import { getDemoToken } from './get-demo-token.ts';
import { getOpenApi } from './get-open-api.ts';
import { getSession } from './get-session.ts';
import { listApps } from './list-apps.ts';
import { ruleOperations } from './rules.ts';
import { messageOperations } from './signaling/messages.ts';
import { presenceOperations } from './signaling/presence.ts';
import { publishOperations } from './signaling/publish-message.ts';
import { removeOperations } from './signaling/remove.ts';
import { storageOperations } from './signaling/storage.ts';
import { subscriberOperations } from './signaling/subscribers.ts';

/** The operations in the order of the OpenAPI document. */
const operations = [
  getOpenApi,
  getSession,
  listApps,
  listChannels,
  getRoster,
  listEvents,
  listSids,
  pullEvents,
  getSnapshot,
  followNotices,
  followAttempts,
  listEndpoints,
  createEndpoint,
  getEndpoint,
  changeEndpoint,
  deleteEndpoint,
  testEndpoint,
  enableEndpoint,
  switchEndpoint('pause'),
  switchEndpoint('resume'),
  rotateEndpointSecret,
  listGivenUp,
  searchDeliveries,
  getDelivery,
  redeliver,
  getRedelivery,
  cancelRedelivery,
  publishOperations,
  messageOperations,
  presenceOperations,
  removeOperations,
  storageOperations,
  ruleOperations,
  subscriberOperations,
] as const;

/** The parts that these operations take, together: each names its own beside it. */
export type NativeParts = TakenBy<(typeof operations)[number] | typeof getDemoToken>;

/** The native REST API, under /v1. */
export function nativeOperations(parts: NativeParts): readonly Operation[] {
  const demo = parts.development ? [getDemoToken(parts)] : [];
  return [...operations.flatMap((operation) => operation(parts)), ...demo];
}
