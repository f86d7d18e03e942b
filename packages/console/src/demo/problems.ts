/** A failure as the page shows it: what happened, what to do, and the stable code. */
export interface Problem {
  readonly title: string;
  readonly advice: string;
  readonly code: string;
}

/** The code of anything thrown by the SDK, the REST client or the browser. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  // The server's own code says more than the SDK's, where there is one.
  if ('data' in error && typeof error.data === 'object' && error.data !== null && 'code' in error.data)
    return String(error.data.code);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown';
}

const noCameraHere = [
  'This browser offers no camera here',
  'Browsers give the camera to https pages and to this computer only. A test pattern works everywhere.',
] as const;
const mediaWords: Readonly<Record<string, readonly [title: string, advice: string]>> = {
  PERMISSION_DENIED: [
    'The camera and microphone are not allowed',
    'Allow them in the address bar of your browser, then try again. Or go on with a test pattern.',
  ],
  DEVICE_NOT_FOUND: [
    'No camera or microphone was found',
    'Plug one in and try again, or go live with a test pattern.',
  ],
  NOT_READABLE: [
    'The camera or microphone is busy',
    'Another program may be using it. Close that and try again, or go live with a test pattern.',
  ],
  NOT_SUPPORTED: noCameraHere,
  WEB_SECURITY_RESTRICT: noCameraHere,
};
/** Why there is no picture or sound from this machine. */
export function mediaProblem(error: unknown): Problem {
  const code = codeOf(error);
  const [title, advice] = mediaWords[code] ?? [
    'The camera and microphone could not be opened',
    'Try again, or go live with a test pattern.',
  ];
  return { title, advice, code };
}

const joinWords: Readonly<Record<string, readonly [title: string, advice: string]>> = {
  unreachable: ['The server cannot be reached', 'Check that it runs, then try again.'],
  unauthorized: ['A login is needed', 'Go home, log in, and come back.'],
  not_found: ['This server gives out no demo tokens', 'Start it in development mode to use the demo room.'],
  forbidden: ['This server gives out no demo tokens', 'Start it in development mode to use the demo room.'],
  invalid_channel_name: [
    'This channel name is not allowed',
    'Use letters, digits and simple signs, up to 64.',
  ],
  channel_full: ['The channel is full', 'Try again when someone has left.'],
  hosts_full: ['The stage is full', 'You can watch, and come on stage when someone steps back.'],
  profile_mismatch: ['The channel is in use for a call', 'Choose another channel name.'],
  banned: ['You were removed from this channel', 'The server keeps you out for a while.'],
  too_many_connections: ['The server is full', 'Try again in a moment.'],
  rate_limited: ['Too many tries in a short time', 'Wait a moment, then try again.'],
  log_unavailable: ['The server cannot write its log', 'Nobody can join until its disk is well again.'],
  media_unavailable: ['Video is being restarted', 'Try again in a moment.'],
};

/** Why the room could not be entered, or a step in it failed. */
export function roomProblem(error: unknown): Problem {
  const code = codeOf(error);
  const [title, advice] = joinWords[code] ?? [
    'That did not work',
    error instanceof Error ? error.message : 'Try again.',
  ];
  return { title, advice, code };
}

/** Why the room ended for this page, from the reason of the SDK's DISCONNECTED state. */
export function endingOf(reason: string | undefined): Problem {
  const code = reason ?? 'DISCONNECTED';
  switch (code) {
    case 'UID_CONFLICT':
      return {
        title: 'You are in this room somewhere else',
        advice: 'The room was opened under the same name in another tab or on another device.',
        code,
      };
    case 'UID_BANNED':
    case 'IP_BANNED':
    case 'CHANNEL_BANNED':
      return { title: 'You were removed', advice: 'The server removed you from this channel.', code };
    case 'TOKEN_EXPIRE':
      return { title: 'Your token ended', advice: 'Join again to get a new one.', code };
    default:
      return { title: 'The connection was lost', advice: 'Check your network, then join again.', code };
  }
}
