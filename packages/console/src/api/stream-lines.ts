/** The end of a line of an event stream: CRLF, LF or CR (WHATWG HTML, section 9.2.5). */
const lineEnd = /\r\n?|\n/g;

/** Cuts text that comes in pieces into lines, and looks at each character once, however small the pieces are. */
export class StreamLines {
  /** The pieces of the line whose end has not come. */
  #pieces: string[] = [];
  #characters = 0;
  /** The last line ended with a CR at the end of a piece: an LF that comes next is the other half of that end. */
  #hasHalfEnd = false;

  /** Characters of the line whose end has not come yet. */
  get pendingCharacters(): number {
    return this.#characters;
  }

  /** The lines that end in this piece. */
  *push(text: string): Generator<string> {
    if (text === '') return;
    let from = this.#hasHalfEnd && text.startsWith('\n') ? 1 : 0;
    this.#hasHalfEnd = text.endsWith('\r');
    lineEnd.lastIndex = from;
    const ends = text.matchAll(lineEnd);
    for (const { 0: end, index } of ends) {
      this.#pieces.push(text.slice(from, index));
      const line = this.#pieces.join('');
      this.#pieces = [];
      this.#characters = 0;
      from = index + end.length;
      yield line;
    }
    if (from === text.length) return;
    this.#pieces.push(text.slice(from));
    this.#characters += text.length - from;
  }
}
