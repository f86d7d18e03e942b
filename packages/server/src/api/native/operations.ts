import type { Operation } from '../operation.ts';
import { followAttempts } from './follow-attempts.ts';
import { followNotices } from './follow-notices.ts';
import { getDelivery } from './get-delivery.ts';
import { getDemoToken } from './get-demo-token.ts';
import { getOpenApi } from './get-open-api.ts';
import { getRoster } from './get-roster.ts';
import { getSession } from './get-session.ts';
import { listApps } from './list-apps.ts';
import { listChannels } from './list-channels.ts';
import { listEndpoints } from './list-endpoints.ts';
import { listEvents } from './list-events.ts';
import { listGivenUp } from './list-given-up.ts';
import { listSids } from './list-sids.ts';
import type { NativeParts } from './parts.ts';
import { searchDeliveries } from './search-deliveries.ts';

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
    followNotices(parts),
    followAttempts(parts),
    listEndpoints(parts),
    listGivenUp(parts),
    searchDeliveries(parts),
    getDelivery(parts),
    ...(parts.deps.development ? [getDemoToken(parts)] : []),
  ];
}
