import type { Operation } from '../request/operation.ts';
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
import type { NativeParts } from './parts.ts';
import { ruleOperations } from './rules.ts';
import { messageOperations } from './signaling/messages.ts';
import { presenceOperations } from './signaling/presence.ts';
import { publishOperations } from './signaling/publish-message.ts';
import { removeOperations } from './signaling/remove.ts';
import { storageOperations } from './signaling/storage.ts';
import { subscriberOperations } from './signaling/subscribers.ts';

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
