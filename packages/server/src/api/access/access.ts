import { HousecountError } from '@housecount/protocol';
import type { RequestContext } from '../../net/http/route.ts';
import { type ApiApp, agoraAppOf } from '../request/apps.ts';
import type { AccessRule, LoginRule } from './access-rules.ts';
import type { Caller } from './auth.ts';
import type { CustomerRole } from './customer.ts';

const rank: Readonly<Record<CustomerRole, number>> = { read: 0, operate: 1, admin: 2 };
const may: Readonly<Record<CustomerRole, string>> = {
  read: 'look on',
  operate: 'look on and act on people, messages and deliveries',
  admin: 'do everything',
};

/**
 * Holds a request to the line of its operation: the app is one of the caller's, then the role suffices, then names are not
 * what it is about. An app of somebody else is refused as one that there is not, so that nobody learns which there are.
 * Returns the app, if the operation is about one.
 * @throws HousecountError invalid_app_id or, in the Agora-compatible API, unauthorized; forbidden
 */
export function checkAccess(
  rule: LoginRule,
  caller: Caller,
  asked: {
    readonly apps: readonly ApiApp[];
    readonly style: 'native' | 'agora';
    readonly context: RequestContext;
    readonly body: unknown;
  },
): string | undefined {
  const app = rule.app === 'none' ? undefined : checkApp(rule.app, caller, asked);
  if (rank[caller.role] < rank[rule.role])
    throw new HousecountError(
      'forbidden',
      `This customer may ${may[caller.role]}; it takes the role ${rule.role}.`,
    );
  if (rule.withoutNames === 'refused' && !caller.names) throw namesForbidden();
  return app;
}

/** The refusal of a request about named people by a customer without names. */
export const namesForbidden = () =>
  new HousecountError('forbidden', 'This customer is not told who people are.');

export const needsLogin = (rule: AccessRule): rule is LoginRule => rule !== 'everybody';

/** The apps of the server that are the caller's. */
export const appsOf = <App extends { readonly id: string }>(apps: readonly App[], caller: Caller) =>
  apps.filter(({ id }) => caller.apps === undefined || caller.apps.includes(id));

function checkApp(
  place: 'path' | 'query' | 'body',
  caller: Caller,
  { apps: all, style, context, body }: Parameters<typeof checkAccess>[2],
): string {
  const apps = appsOf(all, caller);
  const { app, appid } = context.params;
  const given = place === 'path' ? (app ?? appid) : place === 'query' ? queryApp(context) : bodyApp(body);
  if (style === 'agora') return agoraAppOf({ apps: () => apps }, given).id;
  const found = apps.find(({ id }) => id === given);
  if (!found) throw new HousecountError('invalid_app_id');
  return found.id;
}

const queryApp = ({ url }: RequestContext): unknown => url.searchParams.get('appid') || undefined;
function bodyApp(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new HousecountError('body_invalid', 'It must be a JSON object.');
  return 'appid' in body ? body.appid : undefined;
}
