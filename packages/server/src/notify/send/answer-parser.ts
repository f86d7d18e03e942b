import { limits as defaults, type LimitsOf } from '../../limits.ts';

/** The limits of the part of a receiver's answer that is read. */
export type AnswerLimits = LimitsOf<'answerBodyBytesMax' | 'answerHeadBytesMax'>;

/** Bytes of the answer's body kept to be read by people. */
export const excerptBytesMax = 4 * 1024;
/**
 * Interim answers (100, 102, 103, 104) before the one that counts. Each costs work, and none is of use here; those in
 * use send one or two. Chosen.
 */
export const interimHeadsMax = 16;

/**
 * Reads one HTTP/1.x answer (RFC 9112) as far as delivery needs it: the status, the end of the body, and whether the
 * connection may carry another request. Each byte is looked at once. What the standard allows is understood; what is
 * no answer is refused as soon as that is certain; and where a status is followed by a body whose end cannot be told
 * for certain, the status stands and the connection is given up.
 */
export class AnswerParser {
  /** Set when the head of the final answer is whole. */
  status: number | undefined;
  /** The body is whole. */
  ended = false;
  /** No more of the body is read: it is longer than answerBodyBytesMax, or nobody can tell where it ends. */
  cut = false;
  /** The answer's Retry-After, as it stands there. */
  retryAfter: string | undefined;
  /** The connection may be used again once the answer has ended. */
  reusable = false;

  readonly #limits: AnswerLimits;
  #headBytes = 0;
  #bodyBytes = 0;
  #interimHeads = 0;
  readonly #excerpt: Buffer[] = [];
  /** The pieces of a line whose end has not come. */
  #line: Buffer[] = [];
  #lineBytes = 0;
  #head: Head | undefined;
  #framing: Framing = { kind: 'head' };

  constructor(limits: AnswerLimits = defaults) {
    this.#limits = limits;
  }

  get excerpt(): string {
    return Buffer.concat(this.#excerpt).toString('utf8');
  }

  /** True as soon as one byte of an answer came. */
  get begun(): boolean {
    return this.#headBytes > 0;
  }

  /** Throws AnswerError if the bytes are not an HTTP/1.x answer. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.cut) {
      if (this.ended) {
        // Bytes that nobody asked for: the connection is out of step.
        this.reusable = false;
        return;
      }
      at = this.#step(bytes, at);
    }
  }

  /** The receiver closed: the end of a body without a length. */
  close(): void {
    if (this.#framing.kind === 'until-close') this.ended = true;
  }

  /** Takes what it can from `at` on; gives where the rest begins. */
  #step(bytes: Buffer, at: number): number {
    const framing = this.#framing;
    if (framing.kind === 'until-close') {
      this.#body(bytes.subarray(at));
      return bytes.length;
    }
    if (framing.kind === 'length' || (framing.kind === 'chunked' && framing.at === 'data')) {
      const end = Math.min(bytes.length, at + framing.left);
      this.#body(bytes.subarray(at, end));
      framing.left -= end - at;
      if (framing.left === 0) {
        if (framing.kind === 'length') this.ended = true;
        else framing.at = 'data-end';
      }
      return end;
    }
    return this.#readLine(bytes, at, framing);
  }

  #readLine(bytes: Buffer, at: number, framing: { readonly kind: 'head' } | Chunked): number {
    const stop = bytes.indexOf(0x0a, at);
    const end = stop < 0 ? bytes.length : stop + 1;
    const isBeginning = framing.kind === 'head' && !this.#head && this.#lineBytes < beginning.length;
    this.#headBytes += end - at;
    this.#lineBytes += end - at;
    this.#line.push(bytes.subarray(at, end));
    if (isBeginning) this.#checkBeginning();
    if (this.#headBytes > this.#limits.answerHeadBytesMax) {
      if (framing.kind === 'head')
        throw new AnswerError(`its head is larger than ${this.#limits.answerHeadBytesMax} bytes`);
      // Endless chunk lines: the status stands, the connection does not.
      this.cut = true;
      return bytes.length;
    }
    if (stop < 0) return end;
    // One LF ends a line, too (RFC 9112 section 2.2).
    const line = Buffer.concat(this.#line)
      .toString('latin1')
      .replace(/\r?\n$/, '');
    this.#line = [];
    this.#lineBytes = 0;
    if (framing.kind === 'head') this.#headLine(line);
    else this.#chunkLine(line, framing);
    return end;
  }

  /** Refuses bytes that cannot become a status line before the line ends, which it may never do. */
  #checkBeginning(): void {
    const seen = Buffer.concat(this.#line).toString('latin1', 0, beginning.length);
    if (beginning.startsWith(seen)) return;
    // A TLS alert (RFC 8446 section 5.1).
    if (seen.startsWith('\x15\x03'))
      throw new AnswerError('it speaks TLS: its URL should begin with https://');
    throw new AnswerError('it is not HTTP/1.1');
  }

  #headLine(line: string): void {
    const head = this.#head;
    if (!head) {
      this.#head = headOf(line);
      return;
    }
    if (line === '') {
      this.#head = undefined;
      this.#headRead(head);
      return;
    }
    // A field that goes on in the next line (obs-fold, RFC 9112 section 5.2) goes on after a blank.
    const last = head.fields.at(-1);
    if (/^[ \t]/.test(line)) {
      if (last) last.value.push(line.trim());
      else head.sound = false;
      return;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    // Whatever such a line was meant to say: the end of the body is no longer certain.
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) head.sound = false;
    head.fields.push({ name: name.toLowerCase(), value: [line.slice(colon + 1).trim()] });
  }

  #headRead(head: Head): void {
    const { status } = head;
    if (status < 200 && status !== 101) {
      this.#interimHeads += 1;
      if (this.#interimHeads > interimHeadsMax)
        throw new AnswerError(`it has sent more than ${interimHeadsMax} interim answers`);
      return;
    }
    this.status = status;
    const { lengths, encodings, connection, retryAfter } = framingFields(head.fields);
    this.retryAfter = retryAfter;
    const [length] = lengths;
    const isFramed = lengths.length > 0 || encodings.length > 0;
    this.reusable = head.minor > 0 && head.sound && status !== 101 && !connection.includes('close');
    if (status === 101 || status === 204 || status === 304 || (status === 205 && !isFramed)) {
      // These have no body, whatever their head says of one; after 101, which nobody asked for, comes no HTTP at all.
      this.ended = true;
      if (
        encodings.length > 0 ||
        (length !== undefined && length !== '0' && status !== 304) ||
        status === 205
      )
        this.reusable = false;
    } else if (encodings.at(-1) === 'chunked') {
      this.#framing = { kind: 'chunked', left: 0, at: 'size' };
      // A length beside it is overruled, and somebody on the way may have gone by it (RFC 9112 section 6.3).
      if (lengths.length > 0) this.reusable = false;
    } else if (encodings.length > 0 || !isFramed) {
      this.#framing = { kind: 'until-close' };
      this.reusable = false;
    } else if (new Set(lengths).size === 1 && length !== undefined && /^\d{1,15}$/.test(length)) {
      this.#framing = { kind: 'length', left: Number(length) };
      this.ended = Number(length) === 0;
    } else {
      this.cut = true;
      this.reusable = false;
    }
  }

  #chunkLine(line: string, framing: Chunked): void {
    if (framing.at === 'trailer') {
      this.ended = line === '';
    } else if (framing.at === 'data-end') {
      if (line !== '') this.cut = true;
      framing.at = 'size';
    } else {
      const size = /^0*([0-9a-fA-F]{1,12})[\t ]*(?:;|$)/.exec(line)?.[1];
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
    if (this.#bodyBytes > this.#limits.answerBodyBytesMax) this.cut = true;
  }
}

/** The bytes that came are no HTTP/1.x answer. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

const beginning = 'HTTP/1.';

interface Field {
  /** Lower-case. */
  readonly name: string;
  /** Its lines. */
  readonly value: string[];
}
interface Head {
  readonly minor: number;
  readonly status: number;
  readonly fields: Field[];
  /** Every line of it is what the standard calls a field. */
  sound: boolean;
}
interface Chunked {
  readonly kind: 'chunked';
  left: number;
  at: 'size' | 'data' | 'data-end' | 'trailer';
}
type Framing =
  | { readonly kind: 'head' }
  | { readonly kind: 'length'; left: number }
  | Chunked
  | { readonly kind: 'until-close' };

function headOf(statusLine: string): Head {
  const match = /^HTTP\/1\.(\d) ([1-9]\d{2})(?: |$)/.exec(statusLine);
  if (!match) throw new AnswerError('it is not HTTP/1.1');
  return { minor: Number(match[1]), status: Number(match[2]), fields: [], sound: true };
}

/** The values of the headers that frame an answer, lower-case, lists split; and the first Retry-After as it stands there. */
function framingFields(fields: readonly Field[]) {
  const lengths: string[] = [];
  const encodings: string[] = [];
  const connection: string[] = [];
  let retryAfter: string | undefined;
  for (const { name, value } of fields) {
    const text = value.join(' ');
    if (name === 'content-length') lengths.push(...listOf(text));
    else if (name === 'transfer-encoding') encodings.push(...listOf(text));
    else if (name === 'connection') connection.push(...listOf(text));
    else if (name === 'retry-after') retryAfter ??= text.trim();
  }
  return { lengths, encodings, connection, retryAfter };
}

function listOf(text: string): string[] {
  return text.split(',').map((value) => value.trim().toLowerCase());
}
