import type { RequestContext } from '../../net/http/route.ts';

/** Methods that change nothing (RFC 9110 section 9.2.1). */
const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * True if a page of another site makes a request that may change something. Browsers send a login that they remember with
 * a form of any site, and a session of this machine needs none: so this is asked before either. Fetch metadata says it
 * where there is some; a page cannot forge it, and another host of the same site is not us either. Else Origin says it:
 * what is no browser sends none.
 */
export function changesFromElsewhere(request: Request, context: RequestContext): boolean {
  if (safeMethods.includes(request.method)) return false;
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin' && site !== 'none';
  const origin = request.headers.get('origin');
  if (origin === null) return false;
  const host = hostOf(origin);
  // Behind a proxy that is trusted the client's own words count; a proxy may pass on another Host.
  const own = [request.headers.get('host') ?? context.url.host, hostOf(context.origin ?? '')];
  return host === undefined || !own.includes(host);
}

const hostOf = (origin: string): string | undefined => URL.parse(origin)?.host;
