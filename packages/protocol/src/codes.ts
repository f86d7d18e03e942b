/**
 * Every stable code that Housecount shows to the outside, in one table.
 * Codes are API: add, never rename. `retry` answers "may the client try the same again?".
 */

export interface CodeEntry {
  /** HTTP status on REST, WHIP and WHEP. */
  readonly http: number;
  /** WebSocket close code, in the private range 4000-4999 (RFC 6455 section 7.4.2). */
  readonly close: number;
  /** May a client retry the same request unchanged, later? */
  readonly retry: boolean;
  /** One sentence for a person. */
  readonly message: string;
}

const entry = (http: number, close: number, retry: boolean, message: string): CodeEntry => ({
  http,
  close,
  retry,
  message,
});

export const codes = {
  // The request itself.
  frame_not_json: entry(400, 4000, false, 'The frame is not a JSON object.'),
  frame_too_large: entry(413, 4001, false, 'The frame is larger than the server accepts.'),
  frame_invalid: entry(400, 4002, false, 'A field of the frame is missing, unknown or of the wrong type.'),
  frame_unexpected: entry(
    400,
    4003,
    false,
    'This frame is not allowed in the current state of the connection.',
  ),
  version_unsupported: entry(400, 4004, false, 'The server does not speak this protocol version.'),
  hello_timeout: entry(408, 4005, true, 'No hello arrived in time.'),
  body_invalid: entry(400, 4006, false, 'The request body is not valid.'),
  body_too_large: entry(413, 4007, false, 'The request body is larger than the server accepts.'),
  media_type_unsupported: entry(415, 4008, false, 'The content type is not the one this resource takes.'),
  not_found: entry(404, 4009, false, 'There is no such resource.'),
  method_not_allowed: entry(405, 4010, false, 'This method is not allowed on this resource.'),
  precondition_required: entry(428, 4011, false, 'Send If-Match with the ETag of the session.'),
  precondition_failed: entry(412, 4012, false, 'The ETag is not the current one of the session.'),
  unauthorized: entry(401, 4013, false, 'Log in with the id and secret of a customer (HTTP Basic).'),
  forbidden: entry(403, 4014, false, 'This is not allowed.'),
  query_invalid: entry(400, 4015, false, 'A query or path parameter is not valid.'),
  no_longer_kept: entry(410, 4016, false, 'What was asked for is no longer kept; begin again without it.'),
  upgrade_required: entry(426, 4017, false, 'This resource speaks WebSocket: send an upgrade request.'),
  header_invalid: entry(400, 4018, false, 'A header of the request is not valid.'),
  // Identity and tokens (spec/tokens.md section 5).
  invalid_app_id: entry(400, 4100, false, 'The app id is malformed or unknown.'),
  invalid_channel_name: entry(
    400,
    4101,
    false,
    'The channel name is empty, longer than 64 bytes, or has an illegal character.',
  ),
  invalid_uid: entry(400, 4102, false, 'The uid must be a whole number from 0 to 4294967295.'),
  invalid_account: entry(
    400,
    4103,
    false,
    'The account is empty, longer than 255 bytes, or has an illegal character.',
  ),
  invalid_user_id: entry(
    400,
    4104,
    false,
    'The user id is empty, longer than 64 characters, begins with an underscore, or has an illegal character.',
  ),
  token_required: entry(401, 4110, false, 'This app needs a token.'),
  invalid_token: entry(401, 4111, false, 'The token is not a valid AccessToken2 of this app.'),
  token_app_mismatch: entry(401, 4112, false, 'The token was made for another app id.'),
  token_channel_mismatch: entry(401, 4113, false, 'The token was made for another channel.'),
  token_uid_mismatch: entry(401, 4114, false, 'The token was made for another uid or account.'),
  token_no_privilege: entry(401, 4115, false, 'The token lacks the privilege for this.'),
  token_expired: entry(401, 4116, false, 'The token has expired.'),
  banned: entry(403, 4117, false, 'A kicking rule keeps this member, channel or address out.'),
  // Membership.
  profile_mismatch: entry(
    409,
    4200,
    false,
    'The channel is open with another profile (live or communication).',
  ),
  role_invalid: entry(400, 4201, false, 'The role must be broadcaster or audience, and fits the profile.'),
  role_forbidden: entry(403, 4202, false, 'Only a broadcaster may do this.'),
  not_joined: entry(409, 4203, false, 'The member is not in the channel.'),
  already_joined: entry(409, 4204, false, 'This connection has already joined.'),
  resume_invalid: entry(409, 4205, false, 'The resume key is not valid, or the lease has ended: join anew.'),

  channel_full: entry(503, 4206, true, 'The channel has as many members as it may have.'),
  hosts_full: entry(409, 4207, true, 'The channel has as many broadcasters as it may have.'),
  accounts_full: entry(
    503,
    4208,
    false,
    'The app has as many string accounts as it may have. No longer sent.',
  ),
  channels_full: entry(503, 4209, true, 'The app has as many channels as it may have.'),
  windows_full: entry(503, 4210, true, 'The channel has as many different roster windows as it may have.'),
  metadata_outdated: entry(409, 4211, false, 'The metadata has changed since the revision that was named.'),
  metadata_missing: entry(404, 4212, false, 'There is no metadata under that key.'),
  metadata_full: entry(413, 4213, false, 'There is no room for more metadata.'),
  lock_exists: entry(409, 4214, false, 'There is a lock of that name already.'),
  lock_unknown: entry(404, 4215, false, 'There is no lock of that name.'),
  lock_taken: entry(409, 4216, true, 'Somebody else holds the lock.'),
  lock_not_held: entry(409, 4217, false, 'The lock is not held by that user.'),
  locks_full: entry(409, 4218, false, 'There is no room for more locks.'),
  uid_taken: entry(409, 4220, false, 'The uid is that of a string account that is in the channel.'),
  link_disabled: entry(409, 4221, false, 'The app does not link members to signaling users.'),
  link_proof_invalid: entry(
    403,
    4222,
    false,
    'The proof is not one of this server for this connection, or its signaling session has ended.',
  ),
  link_proof_expired: entry(403, 4223, false, 'The proof is older than a minute.'),
  link_proof_used: entry(409, 4224, false, 'This connection has used a proof already: resume for another.'),
  links_full: entry(409, 4225, false, 'The user is linked to as many members of the channel as they may be.'),
  states_full: entry(400, 4219, false, 'There is no room for more states.'),
  publisher_in_use: entry(
    409,
    4230,
    false,
    'The publisher is a user who is logged in; say asUser if that is meant.',
  ),
  idempotency_key_used: entry(409, 4231, false, 'The idempotency key was used for another request.'),
  idempotency_in_flight: entry(409, 4232, true, 'The request with this idempotency key is being done.'),
  idempotency_unknown: entry(
    409,
    4233,
    false,
    'The server ended before it knew what became of the request with this idempotency key: look, and use another key.',
  ),
  topics_full: entry(409, 4240, false, 'A user publishes in as many topics of the channel as it may.'),
  publishers_full: entry(503, 4241, true, 'There is no room for more publishers of topics.'),
  topic_not_joined: entry(409, 4242, false, 'The user does not publish in that topic.'),
  // Endpoints.
  history_off: entry(409, 4243, false, 'The app keeps no messages.'),
  endpoints_full: entry(409, 4250, false, 'The app has as many endpoints as it may have.'),
  endpoint_read_only: entry(
    409,
    4251,
    false,
    'The endpoint is from the configuration file, and is changed there.',
  ),
  endpoint_state: entry(409, 4252, false, 'The state of the endpoint does not allow this.'),
  health_test_failed: entry(409, 4253, true, 'The endpoint did not pass its health test.'),
  // Ends of a connection.
  replaced: entry(409, 4300, false, 'The same uid joined from a new device.'),
  kicked: entry(403, 4301, false, 'The member was removed by a kicking rule.'),
  lease_ended: entry(410, 4302, true, 'The server heard nothing for longer than the lease.'),
  slow_reader: entry(503, 4303, true, 'The client read too slowly and was cut off; it may resume.'),
  going_away: entry(503, 4304, true, 'The server is stopping; resume after the hinted time.'),
  left: entry(200, 4305, false, 'The member said goodbye.'),
  // The server's own state.
  too_many_connections: entry(
    503,
    4400,
    true,
    'There is no room for one more connection, request or session.',
  ),
  rate_limited: entry(429, 4401, true, 'Too many requests in a short time, or too much at once.'),
  log_unavailable: entry(
    503,
    4402,
    true,
    'The log cannot be written (disk full or failing); nothing was changed.',
  ),
  overloaded: entry(503, 4403, true, 'The server has too much to do.'),
  media_unavailable: entry(503, 4404, true, 'The media engine is not available.'),
  sdp_invalid: entry(422, 4405, false, 'The SDP offer cannot be used.'),
  no_stream: entry(409, 4406, true, 'Nobody is publishing in this channel yet.'),
  host_not_found: entry(404, 4407, false, 'The host asked for is not publishing in this channel.'),
  internal: entry(500, 4500, true, 'An unexpected error; the server has logged it under the request id.'),
  log_corrupt: entry(500, 4501, false, 'The log on disk is damaged; the server does not run on a guess.'),
  data_damaged: entry(
    500,
    4503,
    false,
    'A file of the data folder is damaged; the server does not run on a guess.',
  ),
  data_in_use: entry(500, 4502, true, 'Another process is using this data folder.'),
  data_missing: entry(
    500,
    4505,
    false,
    'A file of the data folder is missing; the server does not begin it anew unasked.',
  ),
  data_newer: entry(
    500,
    4504,
    false,
    'A file of the data folder is of a newer version; this server leaves it as it is.',
  ),
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof codes;

/** Reverse look-up for clients: the code of a WebSocket close code, or undefined for a foreign one. */
export function codeOfClose(close: number): Code | undefined {
  for (const code of Object.keys(codes) as Code[]) if (codes[code].close === close) return code;
  return undefined;
}

/** A failure or refusal with a stable code. Thrown for failures; carried as a value for refusals. */
export class HousecountError extends Error {
  override readonly name = 'HousecountError';
  constructor(
    readonly code: Code,
    detail?: string,
    options?: { cause?: unknown },
  ) {
    super(textOf(code, detail), options);
  }
}

/** The table's sentence, then the detail; a detail that begins with the sentence is the whole text, as the other end told it. */
function textOf(code: Code, detail: string | undefined): string {
  // A code that is newer than this table has no sentence.
  const { message } = (codes as Partial<Record<string, CodeEntry>>)[code] ?? {};
  if (!detail || !message || detail.startsWith(message)) return detail || message || code;
  return `${message} ${detail}`;
}
