import { connect, type Socket } from 'node:net';

/** A WebSocket's client side by hand: it can stop in the middle of a frame, never read, and never answer. */
export class RawSocket {
  readonly #socket: Socket;
  #closed = false;
  #bytes = 0;
  #tail: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data: Buffer) => {
      this.#bytes += data.length;
      this.#tail = Buffer.concat([this.#tail, data]).subarray(-4_096);
    });
    for (const event of ['close', 'error'])
      socket.on(event, () => {
        this.#closed = true;
      });
  }

  /** Connects and asks for the upgrade; resolves when it is granted. */
  static async open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('data', () => resolve());
      socket.write(
        `GET /v1/signaling HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
    });
    return raw;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Bytes that it has read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The last that it has read, as characters. */
  get tail(): string {
    return this.#tail.toString('latin1');
  }

  /** Sends a text frame; of it only the first `share` (0 to 1), if given. */
  send(frame: object | string | Uint8Array, { share = 1, opcode = 1 } = {}): void {
    const payload =
      frame instanceof Uint8Array
        ? Buffer.from(frame)
        : Buffer.from(typeof frame === 'string' ? frame : JSON.stringify(frame));
    const head = Buffer.alloc(14);
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
    // A mask of zeros leaves the payload as it is.
    const whole = Buffer.concat([head, payload]);
    this.#socket.write(whole.subarray(0, Math.ceil(whole.length * share)));
  }

  /** Reads nothing from now on. */
  stopReading(): void {
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }
}
