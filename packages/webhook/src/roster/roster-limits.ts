/** The limits of what a Roster holds. */
export interface RosterLimits {
  /** Notices of one channel that wait for a hole, by number; default 1,024. At the limit the channel is healed, or `take` throws `waiting_full`. */
  readonly waitingMax: number;
  /** The same, in bytes of JSON; default 512 KiB. */
  readonly waitingBytesMax: number;
  /** Notices that wait in this process for the store, all channels; default 10,000. Beyond it `take` throws `overloaded`. */
  readonly pendingMax: number;
  /** Plain notices only: those who left whose record is kept for the 60 s in which late notices come; default 100,000. Beyond it the oldest are forgotten. */
  readonly departedMax: number;
}

/** Chosen, not measured, but for waitingMax: the server has at most 1,024 deliveries outstanding for one endpoint. */
export const rosterLimits: RosterLimits = {
  waitingMax: 1_024,
  waitingBytesMax: 512 * 1024,
  pendingMax: 10_000,
  departedMax: 100_000,
};

/** Lives that ended whose late notices are still known as late, per channel; older ones are told by their time. */
export const endedMax = 64;
/** Lives of one channel whose order is not known yet because they fall in one second; beyond it the oldest is given up. */
export const livesMax = 8;
/** Notices folded into one save. */
export const batchMax = 256;
/** A save that lost against another process is tried again this often. */
export const saveTriesMax = 100;
/** A longer hole is healed by the roster as it is instead of by its events. */
export const holeMax = 1_000;
