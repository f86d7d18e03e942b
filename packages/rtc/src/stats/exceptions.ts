import type { UID } from '../api/uid.ts';

/** What goes wrong, by the original's numbers. A recovery has a number that is 2,000 higher, and a name that ends in `_RECOVER`. */
const names = {
  1001: 'FRAMERATE_INPUT_TOO_LOW',
  1002: 'FRAMERATE_SENT_TOO_LOW',
  1003: 'SEND_VIDEO_BITRATE_TOO_LOW',
  1005: 'RECV_VIDEO_DECODE_FAILED',
  2001: 'AUDIO_INPUT_LEVEL_TOO_LOW',
  2002: 'AUDIO_OUTPUT_LEVEL_TOO_LOW',
  2003: 'SEND_AUDIO_BITRATE_TOO_LOW',
  2005: 'RECV_AUDIO_DECODE_FAILED',
} as const;
export type ExceptionCode = keyof typeof names;

/** Readings, one a second, that must agree before something is told. Chosen: people pause for longer than a picture may. */
const readingsOf = (code: ExceptionCode): number => (code === 2001 || code === 2002 ? 10 : 4);

export interface ExceptionEvent {
  readonly code: number;
  readonly msg: string;
  readonly uid: UID;
}

interface Watched {
  isTold: boolean;
  /** Readings in a row that say the opposite of what was told. */
  against: number;
}

/** Tells what goes wrong for several readings in a row, once, and its recovery. */
export class ExceptionWatch {
  readonly #tell: (event: ExceptionEvent) => void;
  readonly #watched = new Map<string, Watched>();
  /** Those that this reading has spoken of. */
  readonly #seen = new Set<string>();

  constructor(tell: (event: ExceptionEvent) => void) {
    this.#tell = tell;
  }

  /** A reading says whether this is wrong. */
  judge(uid: UID, code: ExceptionCode, isWrong: boolean): void {
    const key = `${code} ${typeof uid} ${uid}`;
    this.#seen.add(key);
    const watched = this.#watched.get(key) ?? { isTold: false, against: 0 };
    this.#watched.set(key, watched);
    watched.against = isWrong === watched.isTold ? 0 : watched.against + 1;
    if (watched.against < readingsOf(code)) return;
    watched.isTold = isWrong;
    watched.against = 0;
    const msg = names[code];
    this.#tell(isWrong ? { code, msg, uid } : { code: code + 2000, msg: `${msg}_RECOVER`, uid });
  }

  /** The reading is over: what it did not speak of is no longer sent or received, and is forgotten without a word. */
  settle(): void {
    for (const key of this.#watched.keys()) if (!this.#seen.has(key)) this.#watched.delete(key);
    this.#seen.clear();
  }
}
