import type { NoticeType } from '@housecount/protocol';
import { endpointUrlLengthMax, noticeFormats } from '@housecount/schema';

export { endpointUrlLengthMax, noticeFormats };
export type NoticeFormat = (typeof noticeFormats)[number];

/** When a failed attempt is made again: Agora's four, three days of backoff, or gaps of one's own. */
export type RetryPlan = 'agora' | 'standard' | { readonly gapsMs: readonly number[] };

/** A signing secret. Two may be active at once while a receiver changes from one to the other. */
export interface EndpointSecret {
  readonly secret: string;
  /** It signs no more after this, epoch milliseconds; absent: it does not end by itself. */
  readonly endsMs?: number;
}

/** A receiver of notices, as delivery needs to know it. */
export interface Endpoint {
  /** Stable: names the cursor and the given-up journal on disk. */
  readonly id: string;
  readonly app: string;
  readonly url: string;
  /** A text for people; delivery does not read it. */
  readonly description: string;
  /** Oldest first; at least one, at most `endpointSecretsMax`; the last one does not end. See endpoint-checks.ts. */
  readonly secrets: readonly EndpointSecret[];
  readonly events: readonly NoticeType[];
  /** Channel names, or patterns with `*`; empty: all. */
  readonly channels: readonly string[];
  readonly format: NoticeFormat;
  readonly retry: RetryPlan;
  /** True: notices that it was given up on are delivered by themselves once it answers again; see given-up-return.ts. */
  readonly redeliverGivenUp: boolean;
  /** Sent with every request, beside those that Housecount sets. */
  readonly headers: Readonly<Record<string, string>>;
  /** Receivers in private networks, and plain http, are meant. */
  readonly allowPrivateNetwork: boolean;
}

/** Secrets of one endpoint. */
export const endpointSecretsMax = 2;

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
