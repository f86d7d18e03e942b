import { connect, type Socket } from 'node:net';
import type { RunScript } from '../src/roster/stores/redis-store.ts';

type Reply = string | number | null | readonly Reply[] | Error;
interface Waiting {
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/** A connection to a Redis server, RESP version 2: commands are answered in order. What is asked after it closed rejects. */
export class RespClient {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #ended: Error | undefined;

  /** `path` of a unix socket. Never rejects: the first command tells. */
  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error('the connection was closed')));
  }

  /** The reply; rejects with an error reply of the server. */
  command(...parts: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#waiting.push({ resolve, reject });
      const words = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
      this.#socket.write(`*${parts.length}\r\n${words.join('')}`);
    });
  }

  /** The function that the store runs its scripts with. */
  get run(): RunScript {
    return (script, keys, args) => this.command('EVAL', script, String(keys.length), ...keys, ...args);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (let read = readReply(this.#rest, 0); read; read = readReply(this.#rest, 0)) {
      this.#rest = this.#rest.subarray(read.end);
      const { reply } = read;
      const waiting = this.#waiting.shift();
      if (reply instanceof Error) waiting?.reject(reply);
      else waiting?.resolve(reply);
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}

/** The reply that begins at `start`, and where it ends; undefined if it is not all there. */
function readReply(
  bytes: Buffer,
  start: number,
): { readonly reply: Reply; readonly end: number } | undefined {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case '+':
      return { reply: line, end };
    case '-':
      return { reply: new Error(line), end };
    case ':':
      return { reply: Number(line), end };
    case '$': {
      const length = Number(line);
      if (length < 0) return { reply: null, end };
      if (bytes.length < end + length + 2) return undefined;
      return { reply: bytes.toString('utf8', end, end + length), end: end + length + 2 };
    }
    case '*': {
      const replies: Reply[] = [];
      let at = end;
      for (let left = Number(line); left > 0; left--) {
        const read = readReply(bytes, at);
        if (!read) return undefined;
        replies.push(read.reply);
        at = read.end;
      }
      return { reply: replies, end: at };
    }
    default:
      throw new Error('this is no reply of Redis');
  }
}
