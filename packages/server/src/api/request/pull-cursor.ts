import { HousecountError } from '@housecount/protocol';

/** A place in the log as a receiver keeps it. It holds no secret; it is opaque so that it can change. */
export interface PullCursor {
  readonly app: string;
  readonly position: number;
  /** Sid of the event at the position, if one is there: a cursor of another data folder does not fit. */
  readonly sid: string | undefined;
}

/** The characters of an id that are needed to tell it from others. */
const shown = 8;

/** The text of a cursor, for a URL. */
export function formatCursor({ app, position, sid }: PullCursor): string {
  const text = ['1', app.slice(0, shown), position, sid?.slice(0, shown) ?? ''].join('.');
  return Buffer.from(text).toString('base64url');
}

/** The position of a cursor in the log of `app`. @throws HousecountError query_invalid, or no_longer_kept if it is of another log */
export function readCursor(
  text: string,
  app: string,
  sidAt: (position: number) => string | undefined,
): number {
  const match = /^1\.([0-9a-fA-F]{8})\.(\d{1,15})\.(.{0,8})$/s.exec(
    Buffer.from(text, 'base64url').toString(),
  );
  if (match === null || Buffer.from(match[0]).toString('base64url') !== text)
    throw new HousecountError('query_invalid', 'cursor must be start, now, or the cursor of an answer.');
  if (match[1] !== app.slice(0, shown))
    throw new HousecountError('query_invalid', 'This cursor is of another app.');
  const position = Number(match[2]);
  const sid = sidAt(position);
  if (match[3] && sid !== undefined && sid.slice(0, shown) !== match[3]) throw beginAnew(app);
  return position;
}

/** Refuses a cursor whose next events are gone, and says what to do about it: begin anew from a snapshot. */
export function beginAnew(app: string): HousecountError {
  return new HousecountError(
    'no_longer_kept',
    `Take GET /v1/apps/${app}/snapshot for who is in now, and go on with the cursor in its first line.`,
  );
}
