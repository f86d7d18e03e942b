import { batchBytesMax } from '@housecount/protocol';

/** A line of a stream; `whole` is false if the stream ended without a line break after it. */
export interface TextLine {
  readonly number: number;
  /** undefined: it is longer than `lengthMax`. */
  readonly text: string | undefined;
  readonly whole: boolean;
}

/** Characters of one line; of a longer one only the number is told. A notice has a few hundred, a batch at most the half of it. */
export const lineLengthMax = 2 * batchBytesMax;

/** The lines of a stream, one at a time. */
export async function* readLines(
  body: AsyncIterable<Uint8Array>,
  lengthMax = lineLengthMax,
): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder();
  let number = 0;
  /** The pieces of the line whose end has not come: joined once, so that each character is looked at once. */
  let pieces: string[] = [];
  let length = 0;
  const keep = (text: string) => {
    length += text.length;
    if (length > lengthMax) pieces = [];
    else if (text !== '') pieces.push(text);
  };
  const line = (whole: boolean): TextLine => {
    number += 1;
    const text = length > lengthMax ? undefined : pieces.join('').replace(/\r$/, '');
    pieces = [];
    length = 0;
    return { number, text, whole };
  };
  for await (const chunk of body) {
    const text = decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      keep(text.slice(from, end));
      from = end + 1;
      yield line(true);
    }
    keep(text.slice(from));
  }
  keep(decoder.decode());
  if (length > 0) yield line(false);
}
