import type { ReplayClient } from './replay-client.ts';

/** The app that has this endpoint; fails if none has. */
export async function findApp(
  client: Pick<ReplayClient, 'apps' | 'endpoints'>,
  endpoint: string,
): Promise<string> {
  for (const app of await client.apps()) if ((await client.endpoints(app)).includes(endpoint)) return app;
  throw new Error(`the server has no endpoint ${endpoint}`);
}
