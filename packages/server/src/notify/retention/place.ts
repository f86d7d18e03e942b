import type { Feed } from '../../log/contract/feed.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { KeptCursor } from '../progress/cursor-store.ts';
import type { LostEvents } from '../progress/lost-events.ts';
import type { SetAside } from '../set-aside/set-aside.ts';

/** The place of an endpoint, as those see it who let go of what waits there. */
export interface Place {
  readonly endpoint: Endpoint;
  /** The log as the endpoint reads it. */
  readonly log: Feed;
  readonly lost: Pick<LostEvents, 'pending' | 'add'>;
  /** The events that the log no longer keeps for the app's endpoints. */
  readonly aside: SetAside;
  /** Everything up to this position is done with. */
  readonly finishedTo: number;
  /** The log must keep what comes after this position. */
  readonly heldAfter: number;
  cursor(): KeptCursor;
  /** While `work` runs nothing is sent and nothing read; it may move the cursor. */
  still(work: (cursor: KeptCursor) => Promise<KeptCursor>): Promise<void>;
}
