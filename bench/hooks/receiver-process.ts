import { createHmac } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { serveCalls } from '../child.ts';

/** Receivers as cheap as they can be, in a process of their own: they count, check order, and say 200. */

/** One of this many requests has its signature checked: enough to notice, too few to matter. */
const verifyEvery = 50;
const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');

export interface ReceiverCount {
  readonly requests: number;
  readonly notices: number;
  /** Came again: same (sid, seq) as the last of its lane. */
  readonly copies: number;
  /** Came after a later one of its lane: the member's, or in a batch the channel's, where the next seq must follow. */
  readonly disordered: number;
  readonly verified: number;
  readonly forged: number;
  readonly cpuMs: number;
}

interface AgoraNotice {
  readonly sid: string;
  readonly eventType: number;
  readonly payload: { readonly uid?: number; readonly seq: number };
}
interface StandardNotice {
  readonly sid: string;
  readonly type: string;
  readonly seq: number;
  readonly data: { readonly uid?: number };
}

class BenchReceiver {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #last = new Map<string, number>();
  readonly #secret: string;
  #requests = 0;
  #notices = 0;
  #copies = 0;
  #disordered = 0;
  #verified = 0;
  #forged = 0;
  /** Arrival of each 105, while recording: uid, then epoch milliseconds. */
  #arrivals: number[] | undefined;

  constructor(secret: string, hangs: boolean) {
    this.#secret = secret;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      if (hangs) socket.on('data', () => {});
      else this.#serve(socket);
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        if (address !== null && typeof address === 'object') resolve(address.port);
      });
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  count(): ReceiverCount {
    const { user, system } = process.cpuUsage();
    return {
      requests: this.#requests,
      notices: this.#notices,
      copies: this.#copies,
      disordered: this.#disordered,
      verified: this.#verified,
      forged: this.#forged,
      cpuMs: (user + system) / 1000,
    };
  }

  /** Arrivals since the last call; recording begins with the first. */
  arrivals(): readonly number[] {
    const taken = this.#arrivals ?? [];
    this.#arrivals = [];
    return taken;
  }

  #serve(socket: Socket): void {
    let waiting: Buffer | undefined;
    socket.on('data', (bytes: Buffer) => {
      let rest = waiting ? Buffer.concat([waiting, bytes]) : bytes;
      waiting = undefined;
      while (rest.length > 0) {
        const headEnd = rest.indexOf('\r\n\r\n');
        const head = headEnd < 0 ? '' : rest.toString('latin1', 0, headEnd);
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
        const end = headEnd + 4 + length;
        if (headEnd < 0 || rest.length < end) {
          waiting = rest;
          return;
        }
        this.#take(head, rest.toString('utf8', headEnd + 4, end));
        socket.write(answer);
        rest = rest.subarray(end);
      }
    });
  }

  #take(head: string, body: string): void {
    this.#requests += 1;
    if (this.#requests % verifyEvery === 0) this.#verify(head, body);
    const value = JSON.parse(body) as AgoraNotice | readonly StandardNotice[];
    if (Array.isArray(value)) {
      for (const { sid, type, seq, data } of value as readonly StandardNotice[]) {
        const last = this.#last.get(sid) ?? 0;
        this.#note(sid, seq, last, seq === last + 1);
        if (type === 'member.joined') this.#arrived(data.uid);
      }
      return;
    }
    const { sid, eventType, payload } = value as AgoraNotice;
    const lane = `${sid} ${payload.uid ?? 0}`;
    const last = this.#last.get(lane) ?? 0;
    this.#note(lane, payload.seq, last, payload.seq > last);
    if (eventType === 105) this.#arrived(payload.uid);
  }

  #note(lane: string, seq: number, last: number, isInOrder: boolean): void {
    this.#notices += 1;
    if (isInOrder) this.#last.set(lane, seq);
    else if (seq <= last) this.#copies += 1;
    else this.#disordered += 1;
  }

  #arrived(uid = 0): void {
    this.#arrivals?.push(uid, performance.timeOrigin + performance.now());
  }

  #verify(head: string, body: string): void {
    const header = (name: string) => new RegExp(`\\r\\n${name}: ([^\\r]*)`, 'i').exec(head)?.[1];
    const mac = (content: string) => createHmac('sha256', this.#secret).update(content, 'utf8');
    const agora = header('agora-signature-v2');
    const content = `${header('webhook-id')}.${header('webhook-timestamp')}.${body}`;
    const isRight =
      agora === undefined
        ? header('webhook-signature') === `v1,${mac(content).digest('base64')}`
        : agora === mac(body).digest('hex');
    if (isRight) this.#verified += 1;
    else this.#forged += 1;
  }
}

const receivers: BenchReceiver[] = [];
const at = (index: number): BenchReceiver => {
  const receiver = receivers[index];
  if (!receiver) throw new Error(`no receiver ${index}`);
  return receiver;
};

const calls = {
  /** Opens one more; its number is the order of opening. `hangs`: it takes connections and never answers. */
  async open({ secret, hangs }: { secret: string; hangs: boolean }): Promise<number> {
    const receiver = new BenchReceiver(secret, hangs);
    receivers.push(receiver);
    return receiver.listen();
  },
  count: ({ receiver }: { receiver: number }) => at(receiver).count(),
  arrivals: ({ receiver }: { receiver: number }) => at(receiver).arrivals(),
  close({ receiver }: { receiver: number }) {
    at(receiver).close();
  },
};
export type ReceiverCalls = typeof calls;
serveCalls(calls);
