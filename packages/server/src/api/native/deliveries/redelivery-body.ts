import { HousecountError } from '@housecount/protocol';
import type { RedeliverySelection } from '../../../ledger/redelivery/redelivery-plan.ts';
import { anyOf, boolean, constant, integer, object, optional, string } from '../../document/schema.ts';
import { filterOfBody, filterSchema } from './delivery-filter.ts';

const selections = ['noticeId', 'filter', 'since', 'givenUp'] as const;
const known: readonly string[] = [...selections, 'endpoint', 'dryRun'];

export const redeliveryBodySchema = object(
  {
    endpoint: string('Endpoint id.'),
    noticeId: optional(string('One notice.')),
    filter: optional(filterSchema),
    since: optional(
      anyOf(
        integer('What was decided at or after it, UTC epoch milliseconds.', { minimum: 0 }),
        object({ sid: string(), seq: integer('What came after it in this sid.', { minimum: 0 }) }),
      ),
    ),
    givenUp: optional(constant(true)),
    dryRun: optional(boolean('Only count.')),
  },
  `Exactly one of ${selections.join(', ')}.`,
);

/** @throws HousecountError body_invalid, naming the field and what was expected. */
export function readRedeliveryBody(
  app: string,
  body: unknown,
): { endpoint: string; selection: RedeliverySelection; dryRun: boolean } {
  if (!isRecord(body)) throw invalid('the body must be an object');
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalid(`there is no field ${unknown}`);
  const { endpoint, dryRun = false } = body;
  if (typeof endpoint !== 'string' || endpoint === '') throw invalid('endpoint must be an endpoint id');
  if (typeof dryRun !== 'boolean') throw invalid('dryRun must be true or false');
  if (selections.filter((name) => body[name] !== undefined).length !== 1)
    throw invalid(`give exactly one of ${selections.join(', ')}`);
  return { endpoint, dryRun, selection: selectionOf(app, endpoint, body) };
}

function selectionOf(
  app: string,
  endpoint: string,
  { noticeId, filter, since, givenUp }: Readonly<Record<string, unknown>>,
): RedeliverySelection {
  if (noticeId !== undefined) {
    if (typeof noticeId !== 'string') throw invalid('noticeId must be a string');
    return { noticeId };
  }
  if (filter !== undefined) return { filter: filterOfBody(app, endpoint, filter) };
  if (givenUp !== undefined) {
    if (givenUp !== true) throw invalid('givenUp must be true');
    return { givenUp };
  }
  if (isWhole(since)) return { since };
  const isPlace = isRecord(since) && Object.keys(since).every((name) => name === 'sid' || name === 'seq');
  if (isPlace && typeof since.sid === 'string' && isWhole(since.seq))
    return { since: { sid: since.sid, seq: since.seq } };
  throw invalid('since must be UTC epoch milliseconds, or a sid and a seq');
}

const invalid = (what: string) => new HousecountError('body_invalid', `In it ${what}.`);
const isWhole = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
