import { HousecountError, isAppId } from '@housecount/protocol';
import type { RequestContext } from '../../net/http/route.ts';
import type { OpenTo } from '../../token/verify.ts';

/** An app as the API knows it. */
export interface ApiApp {
  readonly id: string;
  /** Absent: an app without tokens. */
  readonly certificate?: string;
  /** The clients that it then admits. */
  readonly openTo?: OpenTo;
  /** Days for which messages are kept; 0: none are. */
  readonly historyDays: number;
}

/** The apps of the server: asked at each request, for a reload changes them. */
export interface AppList {
  readonly apps: () => readonly ApiApp[];
}

/** @throws HousecountError invalid_app_id */
export function appOf({ apps }: AppList, context: RequestContext): ApiApp {
  const app = apps().find(({ id }) => id === context.params.app);
  if (app === undefined) throw new HousecountError('invalid_app_id');
  return app;
}

/** The app of an Agora-compatible path or body (spec: rest, status codes): malformed is 400, not the customer's is 401. */
export function agoraAppOf({ apps }: AppList, appId: unknown): ApiApp {
  if (!isAppId(appId)) throw new HousecountError('invalid_app_id');
  const app = apps().find(({ id }) => id === appId);
  if (app === undefined) throw new HousecountError('unauthorized');
  return app;
}
