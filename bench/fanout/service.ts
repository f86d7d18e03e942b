import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SignalingClient } from '../../packages/server/testing/clients/signaling-client.ts';
import { startServerProcess } from '../../packages/server/testing/processes/server-process.ts';
import type { Service } from './subscribers-process.ts';

/** A server that fans out, in a process of its own. */
export interface FanoutServer {
  readonly service: Service;
  readonly pid: number;
  readonly port: number;
  /** Somebody who publishes to the channel that all subscribe to, and is not told its messages. */
  openPublisher(name: string): Promise<Publisher>;
  close(): Promise<void>;
}

export interface Publisher {
  /** Resolves when the server has taken it. */
  publish(text: string): Promise<void>;
  close(): void;
}

/** What is measured is what the server can do, not what one client may. */
const unlimited = {
  signalingPublishesPerSecondMax: 1_000_000,
  signalingDeliveredBytesPerSecondMax: 1024 ** 5,
};

export async function startHousecount(): Promise<FanoutServer> {
  const server = await startServerProcess({ limits: unlimited }, { HOUSECOUNT_LOG_LEVEL: 'error' });
  return {
    service: 'housecount',
    pid: server.pid,
    port: Number(new URL(server.url).port),
    async openPublisher(name) {
      const client = await SignalingClient.login(server.url, name);
      const message = { type: 'publish', channelType: 'MESSAGE', channel: 'bench' };
      return {
        async publish(text) {
          const answer = await client.asks({ ...message, content: { text } });
          client.frames.length = 0;
          if (answer.type !== 'ok') throw new Error(answer.reason);
        },
        close: () => client.drop(),
      };
    },
    close: () => server.close(),
  };
}

export async function startSocketIo(): Promise<FanoutServer> {
  const script = fileURLToPath(new URL('../compare/socketio-server.mjs', import.meta.url));
  const child = spawn('node', [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`it ended with ${status}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      const found = /listening on (\d+)/.exec(chunk.toString());
      if (found) resolve(Number(found[1]));
    });
  });
  return {
    service: 'socket.io',
    pid: child.pid ?? -1,
    port,
    openPublisher: () => openSocketIoPublisher(port),
    close: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

async function openSocketIoPublisher(port: number): Promise<Publisher> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&publishes=1`);
  const waiting = new Map<string, () => void>();
  let ids = 0;
  await new Promise<void>((resolve, reject) => {
    socket.onerror = () => reject(new Error('no connection'));
    socket.onmessage = ({ data }) => {
      const text = String(data);
      if (text.startsWith('0{')) socket.send('40');
      else if (text === '2') socket.send('3');
      else if (text.startsWith('40')) resolve();
      else if (text.startsWith('43')) waiting.get(text.slice(2, text.indexOf('[')))?.();
    };
  });
  return {
    publish: (text) =>
      new Promise((resolve) => {
        const id = String(++ids);
        waiting.set(id, () => {
          waiting.delete(id);
          resolve();
        });
        socket.send(`42${id}${JSON.stringify(['publish', text])}`);
      }),
    close: () => socket.close(),
  };
}
