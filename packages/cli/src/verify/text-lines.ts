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
  let rest = '';
  let isTooLong = false;
  const line = (text: string, whole: boolean): TextLine => {
    number += 1;
    const given = isTooLong || text.length > lengthMax ? undefined : text.replace(/\r$/, '');
    isTooLong = false;
    return { number, text: given, whole };
  };
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield line(text, true);
    if (rest.length <= lengthMax) continue;
    rest = '';
    isTooLong = true;
  }
  rest += decoder.decode();
  if (rest !== '' || isTooLong) yield line(rest, false);
}
