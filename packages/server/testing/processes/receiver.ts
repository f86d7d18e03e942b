import { createHmac } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { type Audit, type AuditOptions, audit } from '@housecount/audit';
import type { AgoraNotice } from '@housecount/protocol';

/** The reaction of the receiver to one request. */
export type Behaviour =
  | { readonly status: number; readonly body?: string; readonly delayMs?: number }
  /** Takes the request and says nothing more. */
  | { readonly does: 'hang' }
  /** Resets the connection without an answer. */
  | { readonly does: 'close' }
  /** Breaks off in the middle of the answer's head. */
  | { readonly does: 'half-head' }
  /** Says 200 and breaks off in the middle of the body. */
  | { readonly does: 'half-body' }
  /** Says 200 and then sends a body of this many bytes, as fast as it is read. */
  | { readonly does: 'flood'; readonly bytes: number }
  /** Sends its answer one byte at a time. */
  | { readonly does: 'drip'; readonly everyMs: number };

export interface ReceivedNotice {
  readonly notice: AgoraNotice;
  /** The body as it came. */
  readonly body: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  /** Both signatures fit the body and the secret; false too if no secret was given. */
  readonly verified: boolean;
  /** 1 for the first time that this noticeId came. */
  readonly copy: number;
  readonly atMs: number;
}

export interface ReceiverOptions {
  readonly secret?: string;
  /** Default: 200 to everything. */
  readonly behaviour?: (received: ReceivedNotice) => Behaviour;
  /** 0, the default, picks a free one. */
  readonly port?: number;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  /** Everything that came, in the order it came, whatever was answered. */
  readonly notices: readonly ReceivedNotice[];
  /** Body bytes sent by `flood`. */
  readonly floodedBytes: number;
  /** Connections opened so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly openConnections: number;
  /** Resolves once `condition` holds; rejects when nothing came for `deadlineMs`, saying what did. */
  until(condition: (notices: readonly ReceivedNotice[]) => boolean, deadlineMs?: number): Promise<void>;
  /** Everything that came, folded and checked. */
  audit(options?: AuditOptions): Audit;
  close(): Promise<void>;
}

/** Starts a webhook receiver on 127.0.0.1 that records, verifies, and behaves as well or as badly as it is told. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { secret, behaviour = () => ({ status: 200 }) } = options;
  const notices: ReceivedNotice[] = [];
  const copies = new Map<string, number>();
  const sockets = new Set<Socket>();
  const waiters = new Set<() => void>();
  let floodedBytes = 0;
  let connections = 0;

  const receive = (socket: Socket, request: Request): void => {
    const notice = JSON.parse(request.body) as AgoraNotice;
    const copy = (copies.get(notice.noticeId) ?? 0) + 1;
    copies.set(notice.noticeId, copy);
    const received: ReceivedNotice = {
      ...request,
      notice,
      copy,
      verified: secret !== undefined && isSigned(request, secret),
      atMs: Date.now(),
    };
    notices.push(received);
    behave(socket, behaviour(received), (bytes) => {
      floodedBytes += bytes;
    });
    for (const wake of [...waiters]) wake();
  };

  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A sender that goes away is no concern of a receiver.
    socket.on('error', () => socket.destroy());
    readRequests(socket, (request) => receive(socket, request));
  });
  const port = await listen(server, options.port ?? 0);

  return {
    url: `http://127.0.0.1:${port}/notices`,
    port,
    notices,
    get floodedBytes() {
      return floodedBytes;
    },
    get connections() {
      return connections;
    },
    get openConnections() {
      return sockets.size;
    },
    until: (condition, deadlineMs = 10_000) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void) => {
          clearTimeout(timer);
          waiters.delete(look);
          settle();
        };
        const look = () => {
          if (condition(notices)) return end(resolve);
          clearTimeout(timer);
          timer = setTimeout(late, deadlineMs);
        };
        const late = () =>
          end(() =>
            reject(
              new Error(`nothing came for ${deadlineMs} ms, after ${notices.length} notices: not so yet`),
            ),
          );
        let timer = setTimeout(late, deadlineMs);
        waiters.add(look);
        look();
      }),
    audit: (auditOptions) =>
      audit(
        notices.map(({ notice }) => notice),
        auditOptions,
      ),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function readRequests(socket: Socket, receive: (request: Request) => void): void {
  let waiting: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
    for (;;) {
      const headEnd = waiting.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const [requestLine = '', ...fields] = waiting.toString('latin1', 0, headEnd).split('\r\n');
      const headers = Object.fromEntries(
        fields.map((field) => {
          const colon = field.indexOf(':');
          return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
        }),
      );
      const bodyEnd = headEnd + 4 + Number(headers['content-length'] ?? 0);
      if (waiting.length < bodyEnd) return;
      const body = waiting.toString('utf8', headEnd + 4, bodyEnd);
      waiting = waiting.subarray(bodyEnd);
      receive({ path: requestLine.split(' ')[1] ?? '', headers, body });
    }
  });
}

function isSigned({ body, headers }: Request, secret: string): boolean {
  const hex = (algorithm: string) => createHmac(algorithm, secret).update(body, 'utf8').digest('hex');
  return headers['agora-signature'] === hex('sha1') && headers['agora-signature-v2'] === hex('sha256');
}

function behave(socket: Socket, behaviour: Behaviour, flooded: (bytes: number) => void): void {
  if ('status' in behaviour) {
    const { status, body = '{}', delayMs = 0 } = behaviour;
    const answer = `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    if (delayMs === 0) socket.write(answer);
    else setTimeout(() => socket.write(answer), delayMs);
    return;
  }
  switch (behaviour.does) {
    case 'hang':
      return;
    case 'close':
      socket.destroy();
      return;
    case 'half-head':
      socket.end('HTTP/1.1 200 OK\r\nContent-Le');
      return;
    case 'half-body':
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half');
      return;
    case 'flood':
      flood(socket, behaviour.bytes, flooded);
      return;
    case 'drip':
      drip(socket, behaviour.everyMs);
  }
}

function flood(socket: Socket, bytes: number, flooded: (bytes: number) => void): void {
  const block = Buffer.alloc(64 * 1024, 'x');
  let left = bytes;
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      const part = block.subarray(0, Math.min(left, block.length));
      left -= part.length;
      flooded(part.length);
      if (!socket.write(part)) return;
    }
  };
  socket.on('drain', more);
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`);
  more();
}

function drip(socket: Socket, everyMs: number): void {
  const answer = `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(10_000)}\r\nContent-Length: 0\r\n\r\n`;
  let sent = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || sent >= answer.length) clearInterval(timer);
    else socket.write(answer.charAt(sent));
    sent += 1;
  }, everyMs);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(address.port);
    });
  });
}
