/** Room at first, bytes; doubled when it is full. */
const roomMin = 1024;

/**
 * Bytes that come in pieces, kept as bytes: a piece of one byte costs a byte, not the object that it came in. They are copied as often as
 * the room doubles, so about twice in all.
 */
export class GrowingBytes {
  #room: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** `expected`: how many will come, if somebody said so; it is no more than a hint. */
  constructor(expected = 0) {
    this.#room = new Uint8Array(Math.max(roomMin, expected));
  }

  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#room.length) {
      const larger = new Uint8Array(Math.max(length, this.#room.length * 2));
      larger.set(this.#room.subarray(0, this.#length));
      this.#room = larger;
    }
    this.#room.set(piece, this.#length);
    this.#length = length;
  }

  /** All that came; good until the next push. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(0, this.#length);
  }
}
