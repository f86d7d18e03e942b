/** Characters that count. */
const codes = {
  quote: 0x22,
  backslash: 0x5c,
  openList: 0x5b,
  openObject: 0x7b,
  endList: 0x5d,
  endObject: 0x7d,
};

/**
 * True when lists and objects of a JSON text are nested deeper than this: such a text costs many times its length to read
 * and to write. For a text that is not JSON the result means nothing.
 */
export function isDeeper(text: string, depthMax: number): boolean {
  let depth = 0;
  let isString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isString) {
      if (code === codes.backslash) index++;
      else if (code === codes.quote) isString = false;
    } else if (code === codes.quote) isString = true;
    else if (code === codes.openList || code === codes.openObject) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (code === codes.endList || code === codes.endObject) depth -= 1;
  }
  return false;
}

/** A client's frame may be nested this deep; the deepest of ours has four. */
export const frameDepthMax = 8;
