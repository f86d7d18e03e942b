import { HousecountError } from '@housecount/protocol';
import { problemOf } from '../net/http/problem.ts';
import type { RequestContext, Route } from '../net/http/route.ts';
import type { Health } from '../observe/health.ts';

export interface ObserveDeps {
  readonly metrics: { text(): string };
  readonly health: Health;
  /** Why who asks may not read the numbers, and the reasons; undefined: may. @throws HousecountError rate_limited */
  readonly whyNotLook: (
    request: Request,
    context: RequestContext,
  ) => 'unauthorized' | 'forbidden' | undefined;
}

/**
 * /metrics, /healthz and /readyz: for machines. They hold numbers and names of parts, never of people. Whether the server
 * lives and is ready is told to everybody; how large its audience is and what ails it, to those who may look.
 */
export function observeRoutes({ metrics, health, whyNotLook }: ObserveDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      handle(request, context) {
        const refusal = whyNotLook(request, context);
        if (refusal) return refused(refusal, context);
        return new Response(metrics.text(), {
          headers: {
            'content-type': 'text/plain; version=0.0.4; charset=utf-8',
            'cache-control': 'no-store',
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/healthz',
      isAlwaysAnswered: true,
      handle: () => answer(200, { status: 'alive' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      async handle(request, context) {
        const reasons = await health.notReady();
        if (Object.keys(reasons).length === 0) return answer(200, { status: 'ready' });
        return answer(503, {
          status: 'not-ready',
          ...(whyNotLook(request, context) === undefined && { reasons }),
        });
      },
    },
  ];
}

function refused(code: 'unauthorized' | 'forbidden', { requestId }: RequestContext): Response {
  const why =
    code === 'forbidden' ? 'The numbers are of all apps, and this login has some of them.' : undefined;
  const refusal = problemOf(new HousecountError(code, why), requestId);
  if (code === 'unauthorized') refusal.headers.set('www-authenticate', 'Basic realm="housecount"');
  return refusal;
}

const answer = (status: number, body: unknown) =>
  Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
