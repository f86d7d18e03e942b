import type { Route } from '../edge/route.ts';
import type { Health } from './health.ts';

export interface ObserveDeps {
  readonly metrics: { text(): string };
  readonly health: Health;
}

/** /metrics, /healthz and /readyz: for machines, without login; they hold numbers and names of parts, never of people. */
export function observeRoutes({ metrics, health }: ObserveDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      handle: () =>
        new Response(metrics.text(), {
          headers: {
            'content-type': 'text/plain; version=0.0.4; charset=utf-8',
            'cache-control': 'no-store',
          },
        }),
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
      async handle() {
        const reasons = await health.notReady();
        if (Object.keys(reasons).length === 0) return answer(200, { status: 'ready' });
        return answer(503, { status: 'not-ready', reasons });
      },
    },
  ];
}

const answer = (status: number, body: unknown) =>
  Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
