import type { Operation } from '../operation.ts';
import { followAttempts } from './follow-attempts.ts';
import { followNotices } from './follow-notices.ts';
import { getDemoToken } from './get-demo-token.ts';
import { getOpenApi } from './get-open-api.ts';
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
    listGivenUp(parts),
    ...(parts.deps.development ? [getDemoToken(parts)] : []),
  ];
}
