import type { ReplayClient } from './replay-client.ts';

/** Endpoints that are named when another was asked for. Chosen: a screen's line. */
const listedMax = 10;

/** The app that has this endpoint; fails if none has. */
export async function findApp(
  client: Pick<ReplayClient, 'apps' | 'endpoints'>,
  endpoint: string,
): Promise<string> {
  const others: string[] = [];
  for (const app of await client.apps()) {
    const endpoints = await client.endpoints(app);
    if (endpoints.includes(endpoint)) return app;
    others.push(...endpoints);
  }
  const listed = others.slice(0, listedMax).join(', ') + (others.length > listedMax ? ', \u2026' : '');
  throw new Error(`the server has no endpoint ${endpoint}; it has ${others.length === 0 ? 'none' : listed}`);
}
