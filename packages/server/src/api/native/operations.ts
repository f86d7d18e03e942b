import type { Operation } from '../operation.ts';
import { cancelRedelivery } from './cancel-redelivery.ts';
import { changeEndpoint } from './change-endpoint.ts';
import { createEndpoint } from './create-endpoint.ts';
import { deleteEndpoint } from './delete-endpoint.ts';
import { enableEndpoint } from './enable-endpoint.ts';
import { followAttempts } from './follow-attempts.ts';
import { followNotices } from './follow-notices.ts';
import { getDelivery } from './get-delivery.ts';
import { getDemoToken } from './get-demo-token.ts';
import { getEndpoint } from './get-endpoint.ts';
import { getOpenApi } from './get-open-api.ts';
import { getRedelivery } from './get-redelivery.ts';
import { getRoster } from './get-roster.ts';
import { getSession } from './get-session.ts';
import { getSnapshot } from './get-snapshot.ts';
import { listApps } from './list-apps.ts';
import { listChannels } from './list-channels.ts';
import { listEndpoints } from './list-endpoints.ts';
import { listEvents } from './list-events.ts';
import { listGivenUp } from './list-given-up.ts';
import { listSids } from './list-sids.ts';
import type { NativeParts } from './parts.ts';
import { pullEvents } from './pull-events.ts';
import { redeliver } from './redeliver.ts';
import { rotateEndpointSecret } from './rotate-endpoint-secret.ts';
import { ruleOperations } from './rules.ts';
import { searchDeliveries } from './search-deliveries.ts';
import { messageOperations } from './signaling/messages.ts';
import { presenceOperations } from './signaling/presence.ts';
import { publishOperations } from './signaling/publish-message.ts';
import { removeOperations } from './signaling/remove.ts';
import { storageOperations } from './signaling/storage.ts';
import { subscriberOperations } from './signaling/subscribers.ts';
import { switchEndpoint } from './switch-endpoint.ts';
import { testEndpoint } from './test-endpoint.ts';

/** The native REST API, under /v1. */
export function nativeOperations(parts: NativeParts): readonly Operation[] {
  return [
    getOpenApi(parts),
    getSession(parts),
    listApps(parts),
    listChannels(parts),
    getRoster(parts),
    listEvents(parts),
    listSids(parts),
    pullEvents(parts),
    getSnapshot(parts),
    followNotices(parts),
    followAttempts(parts),
    listEndpoints(parts),
    createEndpoint(parts),
    getEndpoint(parts),
    changeEndpoint(parts),
    deleteEndpoint(parts),
    testEndpoint(parts),
    enableEndpoint(parts),
    switchEndpoint(parts, 'pause'),
    switchEndpoint(parts, 'resume'),
    rotateEndpointSecret(parts),
    listGivenUp(parts),
    searchDeliveries(parts),
    getDelivery(parts),
    redeliver(parts),
    getRedelivery(parts),
    cancelRedelivery(parts),
    ...publishOperations(parts),
    ...messageOperations(parts),
    ...presenceOperations(parts),
    ...removeOperations(parts),
    ...storageOperations(parts),
    ...ruleOperations(parts),
    ...subscriberOperations(parts),
    ...(parts.deps.development ? [getDemoToken(parts)] : []),
  ];
}
