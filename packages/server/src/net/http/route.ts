import type { HousecountError } from '@housecount/protocol';
import type { Client } from '../address/client.ts';

/** Types by which the parts of the server that speak HTTP hand their resources to net/http/. Web standard types only. */

/** The client that asks (client.ts), and what for. */
export interface RequestContext extends Client {
  /** Values of the `{name}` segments, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly url: URL;
  /** In every answer as X-Request-ID, and in the log line. */
  readonly requestId: string;
  /** Aborts when the peer goes away or the server stops. */
  readonly signal: AbortSignal;
}

export interface Route {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** `/v1/apps/{app}/channels`; a last segment `{rest*}` takes all that follows. */
  readonly path: string;
  handle(request: Request, context: RequestContext): Response | Promise<Response>;
  /** However many requests there are: what tells that the process lives. */
  readonly isAlwaysAnswered?: true;
  /** Shapes a refusal that needs no handler (405, broken path, body too large); without it, `{code, message, requestId}`. */
  refuse?(error: HousecountError, requestId: string): Response;
}
