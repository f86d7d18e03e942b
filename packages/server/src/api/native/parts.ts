import type { ApiDeps } from '../deps.ts';
import type { Schema } from '../document/schema.ts';
import type { EventStreams } from '../request/event-stream.ts';

/** What native operations are made of. */
export interface NativeParts {
  readonly deps: ApiDeps;
  readonly streams: EventStreams;
  readonly document: () => Schema;
}
