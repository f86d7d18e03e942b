import type { JsonSchema } from '@housecount/schema';
import type { ApiDeps } from '../deps.ts';
import type { EventStreams } from '../request/event-stream.ts';

/** What native operations are made of. */
export interface NativeParts {
  readonly deps: ApiDeps;
  readonly streams: EventStreams;
  readonly document: () => JsonSchema;
}
