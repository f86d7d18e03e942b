/**
 * The one global of the web platform that packages/protocol uses: every browser, Node, Bun, Deno and worker has it, and
 * the limits of the wire are in bytes of UTF-8, which the language itself cannot count.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
