import type { ChannelEvent } from '@housecount/protocol';
import type { Endpoint } from './endpoint/endpoint.ts';
import type { AttemptFeed } from './feed/attempt-feed.ts';
import type { FormedNotice } from './feed/formed-notice.ts';
import type { GivenUp } from './progress/given-up-journal.ts';
import type { RedeliveryEnd, RedeliveryRequest } from './redelivery/redelivery.ts';
import type { EndpointStatus } from './slot/endpoint-status.ts';

/** Delivery of notices to all endpoints, and what can be seen of it. */
export interface Notify {
  /** Attempts as they are made, real and virtual. */
  readonly feed: Pick<AttemptFeed, 'recent' | 'attempts'>;
  /** See Inspector.notices: notices by position, some at a time, for listeners that resume. */
  notices(
    app: string,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncIterable<readonly FormedNotice[]>;
  status(): readonly EndpointStatus[];
  /** Why notices are held up by this server, not by a receiver; undefined if they are not. */
  readonly trouble: string | undefined;
  /**
   * Begins to deliver to an endpoint, from the log's end; durable when it resolves. Fails with `body_invalid` if there
   * is one of this id, and with `log_unavailable` if its cursor or journal cannot be written.
   */
  add(endpoint: Endpoint): Promise<void>;
  /**
   * Begins to deliver to an endpoint of the configuration: where it was, if it was here before, else from the log's end.
   * Fails as `add`.
   */
  attach(endpoint: Endpoint, paused: boolean): Promise<void>;
  /** Ends delivery; cursor and journal stay, so that `attach`, and a later start, go on there. Fails with `not_found`. */
  detach(endpointId: string): Promise<void>;
  /** Other settings for the endpoint of this id: they hold from the next attempt on. Fails with `not_found`. */
  change(endpoint: Endpoint): Promise<void>;
  /** Its events wait, and the log keeps them, until `resume`. Fails with `not_found`. */
  pause(endpointId: string): Promise<void>;
  /** Goes on where it was; also where delivery paused by itself, or the receiver answered 410. Fails with `not_found`. */
  resume(endpointId: string): Promise<void>;
  /** Ends delivery and removes cursor and journal. Fails with `not_found` or `log_unavailable`. */
  remove(endpointId: string): Promise<void>;
  /**
   * Notices that an endpoint did not take, oldest first: at most `limit` after `after` (0 begins, `next` goes on).
   * Fails with `not_found` for an unknown endpoint.
   */
  givenUp(
    endpointId: string,
    after: number,
    limit: number,
  ): Promise<{ entries: readonly GivenUp[]; next: number }>;
  /** The id of an event's notice, and whether the endpoint takes it now. Fails with `not_found` for an unknown endpoint. */
  noticeOf(endpointId: string, event: ChannelEvent): { readonly noticeId: string; readonly taken: boolean };
  /** Sends notices to an endpoint once more; see redelivery.ts. Fails with `not_found` for an unknown endpoint. */
  redeliver(request: Omit<RedeliveryRequest, 'endpointOf'> & { endpointId: string }): Promise<RedeliveryEnd>;
  /** Resolves when every endpoint that is not paused has finished all that the log now holds, and the feed has shown it; or at the stop. */
  waitIdle(): Promise<void>;
  /** Breaks off attempts, keeps the cursors; nothing is lost, and what was under way is sent again at the next start. */
  stop(): Promise<void>;
}
