import { startServerProcess } from '../processes/server-process.ts';
import { Client } from './client.ts';

/**
 * Time that so many members need to join at once on this machine as it is now, milliseconds: what a lease of a test is measured
 * by, so that a busy machine loses nobody whom the test did not mean to lose, and an idle one does not wait.
 */
export async function joinPaceMs(members: number): Promise<number> {
  const server = await startServerProcess();
  const clients: Client[] = [];
  try {
    const beganMs = performance.now();
    await Promise.all(
      Array.from({ length: members }, async (_, at) => {
        clients.push(await Client.join({ url: server.url, channel: 'pace', uid: at + 1 }));
      }),
    );
    return performance.now() - beganMs;
  } finally {
    for (const client of clients) client.drop();
    await server.close();
  }
}
