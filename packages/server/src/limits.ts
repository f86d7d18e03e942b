/**
 * Every limit of the server, with its unit and what happens at it. Chosen, not measured, unless a line says otherwise.
 */
export const limits = {
  /** Members in one channel; the next join is refused with `channel_full`. */
  channelMembersMax: 200_000,
  /** Broadcasters in one channel; the next is refused with `hosts_full` (spec: 128 is the ceiling asked of others). */
  channelHostsMax: 128,
  /** Channels open at once in one app; the next is refused with `channels_full`. */
  appChannelsMax: 100_000,
  /** String accounts with a stored uid in one app; the next is refused with `accounts_full`. */
  appAccountsMax: 1_000_000,
  /** Kicking rules in one app; the next is refused with `rate_limited`. */
  appRulesMax: 10_000,
  /** WebSockets of the whole server; the next is closed with `too_many_connections`. */
  connectionsMax: 100_000,
  /** WebSockets from one address; the next is closed with `too_many_connections`. */
  connectionsPerAddressMax: 20_000,
  /** Time for a hello after the socket opened, milliseconds; then closed with `hello_timeout`. */
  helloMs: 5_000,
  /** Frames from one connection, per second, on average, with a burst of five times that; then closed with `rate_limited`. */
  framesPerSecondMax: 20,
  /** Bytes waiting for one reader; then it is told `slow_reader` and cut. */
  socketBacklogBytesMax: 4 * 1024 * 1024,
  /** Commands waiting to be decided; the next is refused with `overloaded`. */
  commandQueueMax: 50_000,
  /** Commands decided in one append. Measured on the notes' disk: 500 rows of 200 B per fsync reach 110k rows/s. */
  batchCommandsMax: 1_000,
  /** REST, WHIP and WHEP bodies, bytes; then `body_too_large`. */
  bodyBytesMax: 128 * 1024,
  /** An AccessToken2, characters; then `invalid_token`. */
  tokenLengthMax: 8 * 1024,
  /** WHIP and WHEP sessions of one connection; then `too_many_connections`. */
  sessionsPerConnectionMax: 64,
} as const;
