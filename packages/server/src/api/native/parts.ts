import type { ApiDeps } from '../deps.ts';
import type { EventStreams } from '../event-stream.ts';
import type { Schema } from '../schema.ts';

/** What native operations are made of. */
export interface NativeParts {
  readonly deps: ApiDeps;
  readonly streams: EventStreams;
  readonly document: () => Schema;
}
