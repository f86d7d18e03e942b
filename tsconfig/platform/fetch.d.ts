/** The globals that packages/client uses, with the members that it uses: each is in browsers, Node 20, Bun, Deno and workers alike. */

declare class Response {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<unknown>;
}
interface RequestInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly body?: string;
}
declare function fetch(url: string, init: RequestInit): Promise<Response>;
declare class AbortSignal {
  readonly aborted: boolean;
}
declare class URLSearchParams {
  append(name: string, value: string): void;
  toString(): string;
}
/** Base64 of Latin-1, for Basic authorization. */
declare function btoa(latin1: string): string;
