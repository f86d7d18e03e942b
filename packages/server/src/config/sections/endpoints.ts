import { createHash } from 'node:crypto';
import { endpointFieldKeys, readEndpointFields } from '../../notify/endpoint/endpoint-fields.ts';
import { managedIdPrefix } from '../../notify/endpoint/endpoint-store.ts';
import { child, complain, flag, list, onlyKeys, type Source, text, unique } from '../../settings/reader.ts';
import type { AppConfig, EndpointConfig } from '../config.ts';
import type { Limits } from '../limit-settings.ts';

export function readEndpoints(
  source: Source,
  apps: readonly AppConfig[],
  limits: Pick<Limits, 'appEndpointsMax'>,
): readonly EndpointConfig[] {
  const endpoints = list(source, (item) => {
    onlyKeys(item, ['id', 'app', ...endpointFieldKeys, 'skipHealthTest']);
    const isApp = (id: string) => apps.some((app) => app.id === id);
    const app = text(child(item, 'app'), 'the id of an app under apps', isApp);
    const fields = readEndpointFields(item);
    return {
      id: text(
        child(item, 'id'),
        `1 to 64 letters, digits, "-" or "_", not beginning with ${managedIdPrefix}`,
        (id) => /^[\w-]{1,64}$/.test(id) && !id.startsWith(managedIdPrefix),
        endpointIdOf(app, fields.url),
      ),
      app,
      ...fields,
      skipHealthTest: flag(child(item, 'skipHealthTest'), true),
    } satisfies EndpointConfig;
  });
  unique(source, endpoints, (endpoint) => endpoint.id, 'endpoint id (or the same app and url)');
  for (const { id, limits: own } of apps) {
    const { appEndpointsMax } = { ...limits, ...own };
    if (endpoints.filter((endpoint) => endpoint.app === id).length > appEndpointsMax)
      complain(source, `expected at most ${appEndpointsMax} endpoints of app ${id}`);
  }
  return endpoints;
}

/** The default id of an endpoint: the same for the same app and url, so that its cursor is found again. */
export function endpointIdOf(app: string, url: string): string {
  return createHash('sha256').update(`${app}\n${url}`).digest('hex').slice(0, 16);
}
