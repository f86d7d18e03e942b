declare global {
  var __HOUSECOUNT__: { readonly url?: string } | undefined;
}

const parameters = new Map<unknown, unknown>();

/** The origin of the SDK's own script, read while it runs: a page that loads it from a Housecount server means that server. */
const scriptOrigin = (() => {
  if (typeof document === 'undefined') return undefined;
  const script = document.currentScript;
  return serverOfScript(script && 'src' in script ? String(script.src) : '');
})();

/** The server, path of a proxy included, that has the script; undefined of a script from elsewhere. */
export function serverOfScript(source: string): string | undefined {
  return /^(https?:\/\/[^?#]+)\/sdk\/(agora-rtm|housecount-rtm)\.js([?#]|$)/.exec(source)?.[1];
}

/** AgoraRTM.setParameter: unknown keys are kept and have no effect. */
export function setParameter(key: unknown, value: unknown): void {
  parameters.set(key, value);
}

/** AgoraRTM.getParameter: what setParameter set, else undefined. */
export function getParameter(key: unknown): unknown {
  return parameters.get(key);
}

/**
 * The addresses of the servers, as `http(s)://host[:port][/path]` without a slash at the end; the first is tried first. `hosts`
 * come from `privateConfig.accessPointHosts`. Throws a RangeError that names a text that is no address.
 */
export function serverUrls(hosts: readonly string[] = []): [string, ...string[]] {
  const [first, ...others] = hosts.length > 0 ? hosts : [serverSetting()];
  return [serverUrl(first), ...others.map(serverUrl)];
}

function serverSetting(): string | undefined {
  const processLike = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process;
  return [
    parameters.get('HOUSECOUNT_URL'),
    globalThis.__HOUSECOUNT__?.url,
    typeof document === 'undefined'
      ? undefined
      : document.querySelector('meta[name="housecount-url"]')?.getAttribute('content'),
    scriptOrigin,
    processLike?.env?.HOUSECOUNT_URL,
    // A page from a file, or inside an app, knows no server.
    typeof location !== 'undefined' && /^https?:/.test(location.origin) ? location.origin : undefined,
  ].find((value): value is string => typeof value === 'string' && value !== '');
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/;

function serverUrl(given: string | undefined): string {
  if (given === undefined)
    throw new RangeError("set the server's address: AgoraRTM.setParameter('HOUSECOUNT_URL', url)");
  const text = given.includes('://') ? given : `${loopback.test(given) ? 'http' : 'https'}://${given}`;
  const url = urlOf(text.replace(/^ws/i, 'http'));
  if (!url || !/^https?:$/.test(url.protocol)) throw new RangeError(`${given} is not a server's address`);
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

/** Parses without `URL.canParse`, which browsers before 2023 do not have. */
function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
