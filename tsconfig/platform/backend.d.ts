/**
 * The globals that packages/webhook uses, with the members that it uses: each is in Node 20, Bun, Deno and workers alike, so
 * that one file runs in whatever a customer's backend is. WebCrypto stands here so that node:crypto, which workers lack, is not needed.
 */

/** Bytes of a body become text; `fatal`: what is no UTF-8 throws. */
declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean });
  decode(bytes: Uint8Array | ArrayBuffer): string;
}

/** Base64 of Latin-1, for keys and for Basic authorization. */
declare function atob(base64: string): string;
declare function btoa(latin1: string): string;

/** Signatures are verified, and made to be compared. */
declare const crypto: {
  readonly subtle: {
    importKey(
      format: 'raw',
      key: Uint8Array<ArrayBuffer>,
      algorithm: { readonly name: string; readonly hash?: string },
      extractable: boolean,
      uses: readonly ('sign' | 'verify')[],
    ): Promise<CryptoKey>;
    sign(algorithm: string, key: CryptoKey, content: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
    verify(
      algorithm: string | { readonly name: string },
      key: CryptoKey,
      signature: Uint8Array<ArrayBuffer>,
      content: Uint8Array<ArrayBuffer>,
    ): Promise<boolean>;
  };
};
interface CryptoKey {
  readonly type: string;
}

/** The fetch-style handler takes and gives these; the healer asks the server with them. */
declare class Request {
  readonly method: string;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
}
declare class Response {
  constructor(
    body: string,
    init: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  );
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<unknown>;
}
interface ReadableStream<Chunk> {
  getReader(): { read(): Promise<{ done: false; value: Chunk } | { done: true; value?: Chunk }> };
}
interface RequestInit {
  readonly headers?: Readonly<Record<string, string>>;
  readonly redirect?: 'error' | 'follow' | 'manual';
  readonly signal?: AbortSignal;
}
declare function fetch(url: string, init: RequestInit): Promise<Response>;
declare class AbortSignal {
  static timeout(milliseconds: number): AbortSignal;
  readonly aborted: boolean;
}
declare class URLSearchParams {
  constructor(query: Readonly<Record<string, string>>);
  toString(): string;
}

/** Where an error goes that nobody asked to be told of. */
declare const console: { error(...values: unknown[]): void };
