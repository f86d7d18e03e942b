import type { SignalingContent } from './signaling-channel.ts';

/** Stream channels of the signaling protocol: who publishes in which topic, and what (docs/signaling.md). */

/** A request of a member of a stream channel about its topics. */
export type SignalingTopicRequest =
  /** Begins to publish in a topic, or changes `meta`, a text of the publisher's own. */
  | (TopicName & { readonly type: 'join-topic'; readonly meta: string })
  | (TopicName & { readonly type: 'leave-topic' })
  | (TopicName & {
      readonly type: 'publish-topic';
      readonly content: SignalingContent;
      readonly customType?: string;
    })
  | (TopicName & {
      /** Adds publishers to those whose messages one gets. No `users`: up to 64 of those who publish now. */
      readonly type: 'subscribe-topic';
      readonly users?: readonly string[];
      /** Takes also users who do not publish now: for a client that brings back what it had. */
      readonly absent?: boolean;
    })
  | (TopicName & {
      /** No `users`: all of them. */
      readonly type: 'unsubscribe-topic';
      readonly users?: readonly string[];
    });

interface TopicName {
  readonly channel: string;
  readonly topic: string;
}

/** Answers `subscribe-topic` and `unsubscribe-topic`: everybody whose messages one gets, and what became of those asked for. */
export interface SignalingTopicResult {
  readonly subscribed: readonly string[];
  readonly succeeded: readonly string[];
  /** `code` as in spec: signaling 2.6, for example 5: does not publish. */
  readonly failed: readonly { readonly userId: string; readonly code: number }[];
}

/** A topic and its publishers. */
export interface SignalingTopic {
  readonly topic: string;
  readonly publishers: readonly { readonly userId: string; readonly meta: string }[];
}

/** Tells who begins and who ends publishing in a stream channel; SNAPSHOT tells a newcomer everybody who publishes. */
export interface SignalingTopicEvent {
  readonly type: 'topic';
  readonly channel: string;
  readonly event:
    | { readonly type: 'SNAPSHOT'; readonly topics: readonly SignalingTopic[] }
    | {
        readonly type: 'REMOTE_JOIN' | 'REMOTE_LEAVE';
        readonly userId: string;
        readonly topics: readonly SignalingTopic[];
      };
  readonly serverMs: number;
}

/** The session is no longer in this stream channel; everything else goes on. */
export interface SignalingChannelEnded {
  readonly type: 'channel-ended';
  readonly channel: string;
  /** A code of codes.ts; `errorCode` is the API's number. */
  readonly code: string;
  readonly errorCode: number;
  readonly message: string;
}

/** Per-user results of `subscribe-topic` (spec: signaling 2.6). */
export const signalingTopicUserCodes = {
  notPublishing: 5,
  invalidUser: 6,
  alreadySubscribed: 20001,
  tooMany: 20003,
} as const;

/** Legal names of topics (spec: signaling 2.1). */
export function isSignalingTopic(value: unknown): value is string {
  return typeof value === 'string' && /^(?!_)[ !#$%&()+,\-:;<=>?@[\]^_{|}~0-9A-Za-z]{1,16}$/.test(value);
}
