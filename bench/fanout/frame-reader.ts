/** Reads the frames of a WebSocket server as they come in parts; texts are handed on as bytes, and copied only where they are cut. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array();

  /** Calls `each` for every frame that is whole, with its opcode and payload, which is good until the call returns. */
  take(part: Uint8Array, each: (opcode: number, payload: Uint8Array) => void): void {
    const bytes = this.#rest.length === 0 ? part : joined(this.#rest, part);
    let at = 0;
    for (;;) {
      const frame = frameAt(bytes, at);
      if (!frame) break;
      each(frame.opcode, bytes.subarray(frame.start, frame.end));
      at = frame.end;
    }
    // The part's memory is the socket's.
    this.#rest = at === bytes.length ? none : bytes.slice(at);
  }
}

const none = new Uint8Array();

/** Servers do not mask, and here send no fragments. */
function frameAt(bytes: Uint8Array, at: number): { opcode: number; start: number; end: number } | undefined {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === undefined || second === undefined) return undefined;
  if ((first & 0x80) === 0 || second > 127) throw new Error('a fragment, or a masked frame');
  const extra = second === 126 ? 2 : second === 127 ? 8 : 0;
  const start = at + 2 + extra;
  if (bytes.length < start) return undefined;
  let length = second;
  if (extra > 0) {
    length = 0;
    for (let index = at + 2; index < start; index++) length = length * 256 + (bytes[index] ?? 0);
  }
  const end = start + length;
  return bytes.length < end ? undefined : { opcode: first & 0x0f, start, end };
}

/** A client's frame: masked, as it must be, with zeros, which change nothing. */
export function clientFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  if (length > 65_535) throw new RangeError('too long for a bench');
  const head = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255];
  return Uint8Array.from([0x80 | opcode, ...head, 0, 0, 0, 0, ...payload]);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
