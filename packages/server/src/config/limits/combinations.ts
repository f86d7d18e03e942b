import { fixed } from '../../fixed-limits.ts';
import type { AppLimits, Limits } from '../limit-settings.ts';

/** Two numbers that are each in their range, and do together what hardly anybody wants. */
export interface LimitWarning {
  /** A sentence for the operator, which names both. */
  readonly message: string;
  readonly app?: string;
}

type Pair =
  | 'signalingUserBacklogBytesMax'
  | 'socketBacklogBytesMax'
  | 'channelHostsReserved'
  | 'channelHostsMax';
/** The limits as one server or one app has them. */
type Pairs = Pick<Limits, Pair>;
interface Limited {
  readonly limits: Pairs;
  readonly apps: readonly { readonly id: string; readonly limits: AppLimits }[];
}

/** Largest frames for which a WebSocket has room, at the least: with less a reader is cut while it takes one. */
const socketFramesMin = 4;

/** What is to be told at the start of limits that do not go together: of the server, and of each app with others of its own. */
export function limitWarnings({ limits, apps }: Limited): readonly LimitWarning[] {
  const ofServer = [...socketWarnings(limits), ...pairWarnings(limits)];
  return [...ofServer.map((message) => ({ message })), ...appLimitWarnings({ limits, apps })];
}

/** The same of apps alone, that the server's limits do not say already: a reload changes those of apps. */
export function appLimitWarnings({ limits, apps }: Limited): readonly Required<LimitWarning>[] {
  const ofServer = pairWarnings(limits);
  return apps.flatMap(({ id, limits: own }) =>
    pairWarnings({ ...limits, ...own })
      .filter((message) => !ofServer.includes(message))
      .map((message) => ({ message, app: id })),
  );
}

function socketWarnings({ socketBacklogBytesMax: room }: Pairs): readonly string[] {
  const frame = fixed.signalingFrameLengthMax;
  return room < socketFramesMin * frame
    ? [
        `limits.socketBacklogBytesMax (${room}) is below ${socketFramesMin} of the largest frames (signalingFrameLengthMax, ${frame}): readers that keep up may be cut as slow_reader`,
      ]
    : [];
}

/** Of those that an app may have others of. */
function pairWarnings(limits: Pairs): readonly string[] {
  const { signalingUserBacklogBytesMax: user, socketBacklogBytesMax: room } = limits;
  const { channelHostsReserved: reserved, channelHostsMax: hosts } = limits;
  const found: string[] = [];
  if (user > room / 2)
    found.push(
      `limits.signalingUserBacklogBytesMax (${user}) is more than half of limits.socketBacklogBytesMax (${room}): users can cut each other off with a burst of long messages`,
    );
  if (reserved >= hosts)
    found.push(
      `limits.channelHostsReserved (${reserved}) is not below limits.channelHostsMax (${hosts}): nobody without a publish privilege can be a broadcaster`,
    );
  return found;
}
