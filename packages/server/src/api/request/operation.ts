import type { Code } from '@housecount/protocol';
import type { Shape } from '@housecount/schema';
import type { RequestContext, Route } from '../../net/http/route.ts';
import type { OperationId } from '../access/access-rules.ts';
import type { Caller } from '../access/auth.ts';
import type { Exact } from './exact.ts';
import type { Parameter } from './parameters.ts';

/** A mark in the type alone, which no value has: only operation() gives it, so a handler that is not held to its shape does not compile. */
declare const isHeld: unique symbol;

/** One operation of the REST API: what it does, and what the OpenAPI document says of it, in one place. */
export interface Operation {
  readonly [isHeld]: true;
  readonly method: Extract<Route['method'], 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'>;
  readonly path: string;
  /** operationId of the document, and of its line in access-rules.ts. */
  readonly id: OperationId;
  /** One line that says what it does. */
  readonly summary: string;
  readonly description?: string;
  readonly style: NativeStyle | AgoraStyle;
  readonly parameters: readonly Parameter[];
  /** Shape of the JSON body, which the handler reads with `readBody`; undefined: it takes none. */
  readonly body?: Shape;
  /** False: a request without a body says nothing, and is taken. Default true. */
  readonly bodyRequired?: boolean;
  readonly answer: {
    readonly description: string;
    readonly schema: Shape;
    /** Default application/json. */
    readonly contentType?: string;
  };
  /** For a POST: the key that its body may name, as older clients do. */
  idempotencyKeyOf?(body: unknown): string | undefined;
  /** For a POST: false if nothing came of it, and it may be asked for again with the same key. */
  isDone?(value: unknown): boolean;
  /** A Response, or the value to answer as JSON. */
  handle(call: Call): unknown;
}

export interface NativeStyle {
  readonly kind: 'native';
  /** Codes it can be refused with, besides those of every operation. */
  readonly refusals: readonly Code[];
}

/** Paths, bodies and refusals as in spec: rest. */
export interface AgoraStyle {
  readonly kind: 'agora';
  /** Calls per second of one customer; then 429. Operations that share a name share the allowance. */
  readonly rate: { readonly name: string; readonly perSecond: number };
  readonly refusals: readonly Code[];
}

/**
 * An operation of which the compiler holds what the handler answers to the shape of the answer: a field that is missing there,
 * or is there and not in the shape, does not compile. What a handler streams, or answers as a Response, it cannot see.
 */
export function operation<T, const R extends T | Response>(
  declared: Declared<T, R> & Exact<T, Exclude<R, Response>>,
): Operation {
  return declared as typeof declared & Operation;
}

/** An operation whose answers are of a type, and whose handler answers that. */
type Declared<T, R> = Omit<Operation, 'answer' | 'handle' | typeof isHeld> & {
  readonly answer: Operation['answer'] & { readonly schema: Shape<T> };
  handle(call: Call): R | Promise<R>;
};

/** One request to an operation. */
export interface Call {
  readonly request: Request;
  readonly context: RequestContext;
  /** The parsed JSON body, if the operation takes one. */
  readonly body: unknown;
  /** The caller; undefined where everybody may ask. */
  readonly caller: Caller | undefined;
}

/** The parameters of all these functions, together. */
export type TakenBy<Makes extends (parts: never) => unknown> = (
  Makes extends (parts: infer Parts) => unknown
    ? (parts: Parts) => void
    : never
) extends (parts: infer All) => void
  ? All
  : never;
