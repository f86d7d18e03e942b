import { failure } from './errors.ts';

declare global {
  var __HOUSECOUNT__: { readonly url?: string } | undefined;
}

const parameters = new Map<string, unknown>();

/**
 * The origin of the SDK's own script, read while it runs: a page that loads it from a Housecount server means that
 * server, unless it says otherwise.
 */
const scriptOrigin = (() => {
  if (typeof document === 'undefined') return undefined;
  const script = document.currentScript;
  const source = script && 'src' in script ? String(script.src) : '';
  return serverOfScript(source);
})();

/** The server, path of a proxy included, that has the script; undefined of a script from elsewhere. */
export function serverOfScript(source: string): string | undefined {
  return /^(https?:\/\/[^?#]+)\/sdk\/(AgoraRTC_N|housecount-rtc)\.js([?#]|$)/.exec(source)?.[1];
}

/** AgoraRTC.setParameter: unknown keys are kept and have no effect. */
export function setParameter(key: string, value: unknown): void {
  parameters.set(key, value);
}

/** What the page set for a key, or undefined. */
export function getParameter(key: string): unknown {
  return parameters.get(key);
}

/** The address of the server, as `http(s)://host[:port][/path]` without a slash at the end. */
export function serverUrl(): string {
  const given = [
    parameters.get('HOUSECOUNT_URL'),
    globalThis.__HOUSECOUNT__?.url,
    typeof document === 'undefined'
      ? undefined
      : document.querySelector('meta[name="housecount-url"]')?.getAttribute('content'),
    scriptOrigin,
    typeof location === 'undefined' ? undefined : location.origin,
  ].find((value): value is string => typeof value === 'string' && value !== '');
  const address = given === undefined ? undefined : addressOf(given);
  if (!address)
    throw failure('INVALID_PARAMS', `HOUSECOUNT_URL is not a server address: ${given ?? 'not set'}`);
  return address;
}

/** The address of a server in the form of `serverUrl`; undefined if it is none. */
export function addressOf(given: string): string | undefined {
  const url = /^(http|ws)s?:/.test(given) ? urlOf(given.replace(/^ws/, 'http')) : undefined;
  return url && (url.origin + url.pathname).replace(/\/+$/, '');
}

/** `URL.canParse` is of 2023. */
function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Milliseconds between two volume-indicator events; 2000 unless the page set AUDIO_VOLUME_INDICATION_INTERVAL. */
export function volumeIntervalMs(): number {
  const value = Number(parameters.get('AUDIO_VOLUME_INDICATION_INTERVAL'));
  return Number.isFinite(value) && value >= 50 ? value : 2000;
}

/** True if the page asked that hiding it never says goodbye: any reload resumes, and a closed tab leaves at its lease's end. */
export function resumeOnReload(): boolean {
  return parameters.get('RESUME_ON_RELOAD') === true;
}
