import type { NoticeType } from '@housecount/protocol';

/** Where notices go: what delivery needs to know of one receiver. */
export interface Endpoint {
  /** Stable: names the cursor and the given-up journal on disk. */
  readonly id: string;
  readonly app: string;
  readonly url: string;
  readonly secret: string;
  readonly events: readonly NoticeType[];
  /** Receivers in private networks, and plain http, are meant. */
  readonly allowPrivateNetwork: boolean;
}

export const endpointUrlLengthMax = 2048;

/** Why `url` cannot be an endpoint's, as a sentence for the operator; undefined if it can. */
export function endpointUrlProblem(url: string, allowPrivateNetwork: boolean): string | undefined {
  if (url.length > endpointUrlLengthMax) return `The URL is longer than ${endpointUrlLengthMax} characters.`;
  if (!URL.canParse(url)) return 'The URL cannot be parsed.';
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') return 'The URL must begin with https://.';
  if (parsed.protocol === 'http:' && !allowPrivateNetwork)
    return 'Plain http:// is only for endpoints that allow their private network.';
  if (parsed.username !== '' || parsed.password !== '')
    return 'The URL must not carry a user name or password.';
  return undefined;
}
