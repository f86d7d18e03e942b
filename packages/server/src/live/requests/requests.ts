import type { Code } from '@housecount/protocol';
import type { Membership } from '../membership.ts';
import { type LinkNeeds, link } from './link.ts';
import type { Answer, Requester, RequestFrame, RequestLine, RequestTable } from './request.ts';
import { type RoleNeeds, setRole } from './role.ts';
import { followRoster, leaveRoster, maySeeRoster, type RosterNeeds } from './roster.ts';
import { type StreamMessageNeeds, sendStreamMessages, tellInfo } from './stream-messages.ts';
import { type SelectStreams, type StreamNeeds, setStreams } from './streams.ts';
import { renewToken, type TokenNeeds } from './token.ts';

/** The parts that the handlers need, a few for each. */
interface RequestParts
  extends LinkNeeds,
    RoleNeeds,
    RosterNeeds,
    StreamNeeds,
    StreamMessageNeeds,
    TokenNeeds {
  readonly log: LinkNeeds['log'] & RoleNeeds['log'] & StreamNeeds['log'] & TokenNeeds['log'];
  readonly clock: TokenNeeds['clock'];
  readonly fanOut: RosterNeeds['fanOut'] & StreamNeeds['fanOut'] & StreamMessageNeeds['fanOut'];
  readonly joins: RoleNeeds['joins'] & StreamNeeds['joins'];
  readonly onSelect: SelectStreams;
}

const everybodyMay = (): undefined => undefined;
const hostsMay = ({ role }: Membership): Code | undefined =>
  role === 'broadcaster' ? undefined : 'role_forbidden';

/** Everything that a joined connection can ask for. */
export const requestTable = (parts: RequestParts): RequestTable => ({
  'set-role': {
    refusal: everybodyMay,
    handle: ({ member }, { role }) => setRole(parts, member, role),
  },
  'renew-token': {
    refusal: everybodyMay,
    handle: ({ member }, { token }) => renewToken(parts, member, token),
  },
  link: { refusal: everybodyMay, handle: ({ member }, { proof }) => link(parts, member, proof) },
  streams: { refusal: hostsMay, handle: (requester, frame) => setStreams(parts, requester, frame) },
  'tell-info': {
    refusal: hostsMay,
    handle: (requester, frame) => tellInfo(parts, requester, frame),
  },
  'stream-messages': {
    refusal: hostsMay,
    handle: (requester, frame) => sendStreamMessages(parts, requester, frame),
  },
  select: {
    refusal: everybodyMay,
    handle({ member }, { session, audio, video, layer }) {
      const selection = { audio, video, ...(layer !== undefined && { layer }) };
      const code = parts.onSelect(member.connectionId, session, selection);
      return code && { code };
    },
  },
  'subscribe-roster': {
    // The welcome counts for everyone; names are what an app may keep back.
    refusal: (member, { view }) =>
      (view && 'count' in view && view.count === true) || maySeeRoster(member) ? undefined : 'role_forbidden',
    handle: (requester, frame) => followRoster(parts, requester, frame),
  },
  'unsubscribe-roster': {
    refusal: everybodyMay,
    handle({ member }) {
      leaveRoster(member);
      return undefined;
    },
  },
});

/** Does what a joined connection asks for. */
export function handleRequest(
  table: RequestTable,
  requester: Requester,
  frame: RequestFrame,
): Answer | Promise<Answer> {
  // The line is that of the frame's own type, which the compiler cannot follow.
  const line = table[frame.type] as RequestLine<RequestFrame['type']>;
  const code = line.refusal(requester.member, frame);
  return code ? { code } : line.handle(requester, frame);
}
