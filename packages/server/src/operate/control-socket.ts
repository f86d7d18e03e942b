import { chmod, unlink } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import type { Logger } from '../observe/contract.ts';

/** Path of the socket on which the server of a data folder takes requests, from anybody who may open the folder. */
export const controlPath = (dataDir: string): string => join(resolve(dataDir), 'control.sock');

/** A request is a word and the end of the line, in bytes at most. */
const requestBytesMax = 100;
/** A peer that connects has to say what it wants within this time, milliseconds. */
const requestMs = 5_000;
/** Connections at once: there is one operator. */
const connectionsMax = 8;

/** The longest path that every system can bind (sun_path), bytes. */
export const controlPathBytesMax = 103;

export interface ControlSocket {
  close(): Promise<void>;
}

/**
 * Takes requests of the operator's own commands: a line in, a line of JSON out. It needs no login: the folder is the owner's alone,
 * and customers of the REST API have no say in what the file says, themselves included. One that cannot be made is no reason not to
 * start, for a signal does as well: resolves with undefined.
 */
export async function openControlSocket(
  dataDir: string,
  handle: (request: string) => Promise<object>,
  logger: Logger,
): Promise<ControlSocket | undefined> {
  const path = controlPath(dataDir);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(requestMs, () => socket.destroy());
    let text = '';
    socket.on('data', (chunk) => {
      if (text.includes('\n')) return;
      text += chunk.toString('latin1');
      if (text.length > requestBytesMax) socket.destroy();
      if (!text.includes('\n')) return;
      socket.setTimeout(0);
      void answer(socket, text.slice(0, text.indexOf('\n')));
    });
  });
  server.maxConnections = connectionsMax;
  async function answer(socket: Socket, request: string): Promise<void> {
    const reply = await handle(request).catch((cause: unknown) => {
      logger.error('a request of the operator failed', { request, cause: String(cause) });
      return { ok: false, problems: ['It failed: the log of the server says why.'] };
    });
    socket.end(`${JSON.stringify(reply)}\n`);
  }
  try {
    // The system cuts a longer one, and would make it elsewhere.
    if (Buffer.byteLength(path) > controlPathBytesMax)
      throw new Error(`its path has more than ${controlPathBytesMax} bytes`);
    // A server that was killed left it; this one has the folder to itself.
    await unlink(path).catch(() => undefined);
    await new Promise<void>((listening, failed) => {
      server.once('error', failed);
      server.listen(path, listening);
    });
    await chmod(path, 0o600);
  } catch (cause) {
    server.close();
    logger.warn('housecount reload will not find this server; SIGHUP does the same', {
      path,
      cause: cause instanceof Error ? cause.message : String(cause),
    });
    return undefined;
  }
  return {
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((closed) => server.close(() => closed()));
      await unlink(path).catch(() => undefined);
    },
  };
}
