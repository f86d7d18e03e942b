/**
 * The numbers of the media engine that are no settings: what its protocols ask for, or what was measured with browsers and holds
 * together. Those that are settings are in engine-limits.ts. Chosen, not measured, unless a line says otherwise.
 */
export const mediaLimits = {
  /** Time for the child to say that it listens, milliseconds; then it is ended and started again. */
  startMs: 10_000,
  /** Lines that a child which does not start may add to the error; further ones are in the log only, at debug level. */
  earlyLinesMax: 20,
  /** Time for the child to end by itself at `stop`, milliseconds; then it is killed. */
  stopMs: 2_000,
  /** Time between two looks whether the child still answers, milliseconds. */
  pulseMs: 5_000,
  /** Looks in a row without an answer (each waits `mediaEngineRequestMs`); then the child is killed, and so started again. */
  pulsesMissedMax: 3,
  /** Wait before the first restart of a dead child, milliseconds; doubled each time up to the next line. */
  restartDelayMs: 100,
  restartDelayMsMax: 5_000,
  /** A child that lived this long was healthy: the wait starts over, milliseconds. */
  healthyMs: 30_000,
  /** An offer, characters; then `sdp_invalid`. A Chromium offer with every codec has about 7,000. */
  offerLengthMax: 32 * 1024,
  /** Lines of an offer; then `sdp_invalid`. */
  offerLinesMax: 1_000,
  /** Media sections of an offer; then `sdp_invalid`. */
  offerSectionsMax: 8,
  /** Layers of one picture that are taken of an offer, the first ones: browsers and encoders send up to three. */
  layersMax: 3,
  /** A layer without a frame for this many of its own intervals has ended, or at least for so long, milliseconds. */
  layerFramesMissed: 3,
  layerEndedMsMin: 400,
  /** A layer that comes with at most this share of the frames of the one that has most is starved. */
  layerStarvedShare: 0.5,
  /** Time over which a layer's frames and bits are counted, milliseconds. */
  layerMeterMs: 1_000,
  /** Time between two looks at which layers are there, milliseconds. */
  layerLookMs: 100,
  /** A player that may stay where it is waits so long for a keyframe of another layer that comes anyway, milliseconds. */
  layerKeyframeWaitMs: 2_000,
  /** Timestamps of two layers, matched by their sender reports, that are further apart than this are not believed, milliseconds. */
  layerClockMsMax: 1_000,
  /** Time between two looks at what a viewer misses, milliseconds. */
  narrowLookMs: 200,
  /** A viewer that asks again for more than this share of what it is sent, and for at least so many packets, is sent too much. */
  narrowMissedShare: 0.25,
  narrowMissedMin: 20,
  /** So many looks in a row must say so: a keyframe alone may be too much for a moment. While the large picture is tried one is enough. */
  narrowLooks: 3,
  /** Time until the large picture is tried again, milliseconds; four times as long if that was undone within `narrowHeldMs`, up to the last line. */
  narrowWaitMs: 15_000,
  narrowHeldMs: 10_000,
  narrowWaitMsMax: 240_000,
  /** Time to gather our own candidates, milliseconds; then `media_unavailable`. All are local, so it takes one turn. */
  gatherMs: 5_000,
  /**
   * Time for the native library to take another way, milliseconds; then a restart is refused, and a client that needs the way
   * waits for another try. On loopback it takes about 60; with 60 sessions that open at once more than 1,000 was seen.
   */
  frontOpenMs: 5_000,
  /** Time between two tries to have the native library take a way, milliseconds. */
  frontRetryMs: 1_000,
  /**
   * Time for which a client must have chosen a way that it need not take, milliseconds, before the native library is moved to
   * it: so long the library's own port has to answer. Chromium chooses whatever answers first, and TCP on one machine does.
   */
  frontGraceMs: 300,
  /** The same where the library's own port has answered, between two checks of the client's. */
  frontSteadyMs: 1_000,
  /** Packets of the native library that wait for the client's first choice; older ones are dropped. A DTLS flight has up to 6. */
  frontHeldPacketsMax: 6,
  /**
   * Time for which checks of a session that the server ended are answered with an error, milliseconds: a browser gives up at
   * the first (Chromium checks every 2.5 s at most), where it would wait 15 s without.
   */
  frontEndedMs: 20_000,
  /** Ended sessions whose checks are answered; the oldest go first. */
  frontEndedMax: 2_000,
  /**
   * Time for the client to come after its first restart, milliseconds; then the restart is void. Below the library's 30 s
   * of consent, which for this way began when it agreed.
   */
  frontConnectMs: 20_000,
  /** A restart that nobody came for is done anew by the next one, if it is this old, milliseconds. */
  frontRenewMs: 5_000,
  /** Least time between two checks of one address that is not proved yet, milliseconds. */
  frontCheckMs: 50,
  /** Time between two checks of an address that is, milliseconds; and how long one answer counts (RFC 7675). */
  frontConsentCheckMs: 5_000,
  /**
   * Time for which ICE believes in a peer that answers no check, milliseconds (RFC 7675 section 5.1): here after a restart, and in
   * the native library, where this figure is fixed. A peer of which no packet ever came is judged by this alone.
   */
  iceConsentMs: 30_000,
  /** Time for which credentials of an earlier restart are still answered, milliseconds, once others are in use. */
  frontOverlapMs: 10_000,
  /** Among several chosen addresses one that is silent this long gives way, milliseconds. */
  frontQuietMs: 5_000,
  /** Time for the sockets of a restart to carry a goodbye that the library has sent, milliseconds; then they close. */
  byeCarryMs: 20,
  /** Addresses of one restarted client; checks from further ones are dropped. */
  frontPathsMax: 16,
  /** A packet of a client over TCP before it has shown that it has a session's password, bytes; a longer one ends the connection. */
  iceTcpFirstFrameBytesMax: 1_500,
  /** Time for a client over TCP to show that, milliseconds; then its connection is closed. */
  iceTcpUnprovedMs: 10_000,
  /** Bytes that wait for a client over TCP; packets beyond them are dropped, as they would be on the way. About a second of 720p. */
  iceTcpUnsentBytesMax: 256 * 1024,
  /** Time between two looks for connections to be closed, milliseconds. */
  iceTcpTickMs: 250,
  /** Restarts of one session whose credentials count at a time; the oldest that is not in use ends. */
  frontGenerationsMax: 4,
  /**
   * Silence of a connected peer that is reported as a stall, milliseconds, once its habit is known. Measured with
   * Chromium 156: with a video section RTCP comes every 1.5 s at most, playing, waiting or muted in any way, and a probe
   * is answered within 0.1 s.
   */
  stallMs: 5_000,
  /**
   * The same for a peer that reports slowly: audio alone sends RTCP every 2.5 to 7.5 s (RFC 3550 section 6.2; Chromium
   * measured: up to 6.9 s), so anything shorter would call a healthy one silent.
   */
  slowStallMs: 12_000,
  /** A gap of this length makes a peer a slow one, milliseconds; this many shorter ones in a row make it quick again. */
  slowGapMs: 2_500,
  quickGaps: 3,
  /** Silence after which a player is probed, milliseconds; and the wait between two probes. */
  probeAfterMs: 2_000,
  probeIntervalMs: 1_000,
  /** Time between two reports of the seconds in which media was carried, milliseconds: what a child that is killed may lose. At most 30,000. */
  secondsToldMs: 10_000,
  /** Time between two looks at what is due, milliseconds. */
  tickMs: 25,
  /**
   * Packets have been handled for this long without a tick in between, milliseconds: media that arrives is dropped until
   * the next tick. Without that a flood would keep requests, reports and liveness waiting without end (seen at 250 players
   * on a busy machine). Video then goes on with a keyframe, and the loss shows in the publisher's feedback: it sends less.
   */
  floodMs: 500,
  /** Numbers of one player's video that are kept for repairs, a power of two: about 6 s at 170 packets per second. */
  sendTablePackets: 1_024,
  /** The same of sound: two seconds and more at 50 packets per second. */
  sendTableSounds: 128,
  /** Age at which a packet is not sent again, milliseconds after it was first: its picture has been shown by then, or given up. */
  resendAgeMsMax: 1_000,
  /** Times that one packet is sent again, at most. */
  resendTriesMax: 4,
  /** Time from one try to the next, milliseconds, while nobody has measured how long an answer takes. */
  roundTripMs: 100,
  /** The share of what a viewer's way carries that repairs may take. */
  resendShare: 0.25,
  /** What repairs may always take, bits per second: a stream that sends little must be able to mend a whole frame. */
  resendBitsPerSecondMin: 64_000,
  /** Numbers of a publisher's stream that are remembered, so that none is taken twice. */
  seenPackets: 2_048,
  /** A hole in the publisher's packets larger than this is not asked for packet by packet: a keyframe is. */
  gapPacketsMax: 256,
  /** Missing packets remembered per stream; at more, all are given up for a keyframe. */
  missingMax: 512,
  /** Requests for one missing packet, at most. */
  nackTriesMax: 8,
  /** Wait between two asks for one packet, milliseconds. */
  nackRetryMs: 100,
  /** Least time between two keyframe requests to one publisher, milliseconds; asks in between are joined into one. */
  keyframeIntervalMs: 1_000,
  /** The same where a player has seen no picture yet, milliseconds: somebody looks at nothing. */
  urgentKeyframeIntervalMs: 300,
  /** While a player waits for a keyframe, ask again after this, milliseconds. */
  keyframeRetryMs: 1_000,
  /** Time between two transport-wide feedback packets, milliseconds (libwebrtc's own range is 50 to 250). */
  feedbackMs: 50,
  /** Arrivals kept for one feedback packet; the oldest are dropped. */
  feedbackArrivalsMax: 1_000,
  /** Time between two receiver reports, milliseconds. */
  reportMs: 1_000,
  /** Bits per second asked of a publisher that knows REMB but not transport-wide congestion control. */
  rembBitsPerSecond: 3_000_000,
  /** Start rate of the publisher's encoder, kilobit per second, so that 720p is reached in seconds rather than minutes. */
  startKilobits: 2_000,
} as const;
