import type { StreamState } from '@housecount/protocol';
import type { Channel, ChannelKey } from '../channel.ts';
import type { JoinCommand } from '../command.ts';
import type { Decision, StreamsSet } from '../decision.ts';
import type { Member } from './member.ts';

const noStreams: StreamState = { audio: false, video: false };

/** What a member sends over the connection that backs it. */
export const streamsOf = ({ streams = noStreams }: Pick<Member, 'streams'>): StreamState => streams;

/** The record of what a broadcaster sends from now on; none if it is no broadcaster, or sends that already. */
export function streamsSet(
  { key }: Channel,
  member: Member,
  streams: StreamState,
  nowMs: number,
): readonly StreamsSet[] {
  const { audio, video } = streamsOf(member);
  if (member.role !== 'broadcaster' || (streams.audio === audio && streams.video === video)) return [];
  return [setTo(key, member.uid, streams, nowMs)];
}

const setTo = (
  { app, name: channel }: ChannelKey,
  uid: number,
  { audio, video }: StreamState,
  atMs: number,
): StreamsSet => ({ type: 'streams-set', app, channel, atMs, uid, audio, video });

/** The join of a broadcaster who sends already: nobody sees it without its streams, also where it comes back over another connection. */
export function withStreams(
  decision: Decision,
  { key }: Channel,
  { uid, role, streams = noStreams }: JoinCommand,
  nowMs: number,
): Decision {
  const { audio, video } = streams;
  if ('refused' in decision || role !== 'broadcaster' || !(audio || video)) return decision;
  return { changes: [...decision.changes, setTo(key, uid, streams, nowMs)] };
}

/** The member, that sends nothing yet: it became audience, or another connection backs it. */
export function withoutStreams(member: Member): Member {
  if (!member.streams) return member;
  const { streams: _, ...rest } = member;
  return rest;
}
