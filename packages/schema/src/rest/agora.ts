import { array, boolean, constant, integer, object, oneOf, optional, string } from '../shape.ts';

/** Answers of the Agora-compatible API. */

/** `mode` of the answers. */
export const modes = { communication: 1, live: 2 } as const;
/** `role` of the status of a user: neither the token's numbers nor the SDK's. */
export const statusRoles = { communication: 1, broadcaster: 2, audience: 3 } as const;

const success = constant(true);
const mode = optional(oneOf(modes.communication, modes.live));

export const agoraChannels = object({
  success,
  data: object({
    channels: array(object({ channel_name: string(), user_count: integer() })),
    total_size: integer('Channels of the app.'),
  }),
});
export const agoraUsers = object({
  success,
  data: object({
    channel_exist: boolean(),
    mode,
    total: optional(integer('Mode 1: users.')),
    users: optional(array(integer(), 'Mode 1: uids.')),
    broadcasters: optional(array(integer(), 'Mode 2: uids.')),
    audience: optional(array(integer(), 'Mode 2: uids.')),
    audience_total: optional(integer('Mode 2.')),
  }),
});
export const agoraHosts = object({
  success,
  data: object({ channel_exist: boolean(), mode, broadcasters: optional(array(integer())) }),
});
export const agoraUserStatus = object({
  success,
  data: object({
    in_channel: boolean(),
    uid: optional(integer()),
    join: optional(integer('Unix seconds.')),
    role: optional(oneOf(statusRoles.communication, statusRoles.broadcaster, statusRoles.audience)),
    platform: optional(integer()),
  }),
});
export const agoraNoticeAddresses = object({
  data: object({ service: object({ hosts: array(object({ primaryIP: string() })) }) }),
});
export const agoraProjects = object({
  projects: array(object({ id: string(), name: string(), vendor_key: string(), status: constant(1) })),
});
