import { limits } from '../limits.ts';

/** Bytes of the answer's body kept to be read by people. */
export const excerptBytesMax = 4 * 1024;

/**
 * Reads one HTTP/1.1 answer (RFC 9112) as far as delivery needs it: the status, the end of the body, and whether the
 * connection may carry another request. It trusts nothing: an answer that is not plainly framed costs its connection.
 */
export class AnswerParser {
  /** Set when the head of the final answer is whole. */
  status: number | undefined;
  /** The body is whole. */
  ended = false;
  /** The body is longer than answerBodyBytesMax; no more of it is read. */
  cut = false;
  /** The answer's Retry-After, as it stands there. */
  retryAfter: string | undefined;
  /** The connection may be used again once the answer has ended. */
  reusable = false;

  #head = '';
  #headBytes = 0;
  #bodyBytes = 0;
  readonly #excerpt: Buffer[] = [];
  #framing: Framing = { kind: 'head' };

  get excerpt(): string {
    return Buffer.concat(this.#excerpt).toString('utf8');
  }

  /** True as soon as one byte of an answer came. */
  get begun(): boolean {
    return this.#headBytes > 0;
  }

  /** Throws AnswerError if the bytes are not an HTTP/1.1 answer. */
  push(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && !this.cut) {
      if (this.ended) {
        // Bytes that nobody asked for: the connection is out of step.
        this.reusable = false;
        return;
      }
      rest = this.#step(rest);
    }
  }

  /** The receiver closed: the end of a body without a length. */
  close(): void {
    if (this.#framing.kind === 'until-close') this.ended = true;
  }

  #step(bytes: Buffer): Buffer {
    switch (this.#framing.kind) {
      case 'head':
        return this.#readHead(bytes);
      case 'length': {
        const taken = Math.min(bytes.length, this.#framing.left);
        this.#body(bytes.subarray(0, taken));
        this.#framing.left -= taken;
        if (this.#framing.left === 0) this.ended = true;
        return bytes.subarray(taken);
      }
      case 'chunked':
        return this.#readChunked(bytes, this.#framing);
      case 'until-close':
        this.#body(bytes);
        return bytes.subarray(bytes.length);
    }
  }

  #readHead(bytes: Buffer): Buffer {
    const before = this.#head.length;
    this.#head += bytes.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n', Math.max(0, before - 3));
    this.#headBytes += end < 0 ? bytes.length : end + 4 - before;
    if (this.#headBytes > limits.answerHeadBytesMax) throw new AnswerError('the head is too large');
    if (end < 0) {
      if (!'HTTP/1.'.startsWith(this.#head.slice(0, 7))) throw new AnswerError('it is not HTTP/1.1');
      return bytes.subarray(bytes.length);
    }
    const head = this.#head.slice(0, end);
    this.#head = '';
    this.#headRead(head);
    return bytes.subarray(end + 4 - before);
  }

  #headRead(head: string): void {
    const [statusLine = '', ...fields] = head.split('\r\n');
    const match = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(statusLine);
    if (!match) throw new AnswerError('it is not HTTP/1.1');
    const status = Number(match[2]);
    // Interim answers (100, 103) come before the one that counts; 101 was never asked for.
    if (status >= 100 && status < 200 && status !== 101) return;
    this.status = status;
    const { lengths, encodings, connection, retryAfter } = framingFields(fields);
    this.retryAfter = retryAfter;
    const [length] = lengths;
    this.reusable = match[1] === '1' && status !== 101 && !connection.includes('close');
    if (status === 204 || status === 304) {
      this.ended = true;
    } else if (encodings.length === 1 && encodings[0] === 'chunked' && lengths.length === 0) {
      this.#framing = { kind: 'chunked', line: '', left: 0, at: 'size' };
    } else if (encodings.length === 0 && new Set(lengths).size === 1 && length && /^\d{1,15}$/.test(length)) {
      this.#framing = { kind: 'length', left: Number(length) };
      this.ended = Number(length) === 0;
    } else {
      this.#framing = { kind: 'until-close' };
      this.reusable = false;
    }
  }

  #readChunked(bytes: Buffer, framing: Chunked): Buffer {
    if (framing.at === 'data') {
      const taken = Math.min(bytes.length, framing.left);
      this.#body(bytes.subarray(0, taken));
      framing.left -= taken;
      if (framing.left === 0) framing.at = 'data-end';
      return bytes.subarray(taken);
    }
    const stop = bytes.indexOf(0x0a);
    const taken = stop < 0 ? bytes.length : stop + 1;
    framing.line += bytes.toString('latin1', 0, taken);
    this.#headBytes += taken;
    if (this.#headBytes > limits.answerHeadBytesMax) {
      // Endless chunk lines: the status stands, the connection does not.
      this.cut = true;
      return bytes.subarray(bytes.length);
    }
    if (stop >= 0) this.#chunkLine(framing);
    return bytes.subarray(taken);
  }

  #chunkLine(framing: Chunked): void {
    const line = framing.line.replace(/\r?\n$/, '');
    framing.line = '';
    if (framing.at === 'trailer') {
      this.ended = line === '';
    } else if (framing.at === 'data-end') {
      if (line !== '') this.cut = true;
      framing.at = 'size';
    } else {
      const size = /^([0-9a-fA-F]{1,12})[\t ]*(?:;|$)/.exec(line)?.[1];
      if (size === undefined) {
        this.cut = true;
        return;
      }
      framing.left = Number.parseInt(size, 16);
      framing.at = framing.left === 0 ? 'trailer' : 'data';
    }
  }

  #body(bytes: Buffer): void {
    if (this.#bodyBytes < excerptBytesMax)
      this.#excerpt.push(bytes.subarray(0, excerptBytesMax - this.#bodyBytes));
    this.#bodyBytes += bytes.length;
    if (this.#bodyBytes > limits.answerBodyBytesMax) this.cut = true;
  }
}

/** What came is not an HTTP/1.1 answer. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

type Chunked = {
  readonly kind: 'chunked';
  line: string;
  left: number;
  at: 'size' | 'data' | 'data-end' | 'trailer';
};
type Framing =
  | { readonly kind: 'head' }
  | { readonly kind: 'length'; left: number }
  | Chunked
  | { readonly kind: 'until-close' };

/** The values of the headers that frame an answer, lower-case, lists split; and the first Retry-After as it stands there. */
function framingFields(fields: readonly string[]) {
  const lengths: string[] = [];
  const encodings: string[] = [];
  const connection: string[] = [];
  let retryAfter: string | undefined;
  for (const field of fields) {
    const colon = field.indexOf(':');
    switch (field.slice(0, colon).toLowerCase()) {
      case 'content-length':
        addValues(lengths, field, colon);
        break;
      case 'transfer-encoding':
        addValues(encodings, field, colon);
        break;
      case 'connection':
        addValues(connection, field, colon);
        break;
      case 'retry-after':
        retryAfter ??= field.slice(colon + 1).trim();
    }
  }
  return { lengths, encodings, connection, retryAfter };
}

function addValues(values: string[], field: string, colon: number): void {
  for (const value of field.slice(colon + 1).split(',')) values.push(value.trim().toLowerCase());
}
