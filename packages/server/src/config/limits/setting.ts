import { integer as integerShape, type JsonSchema } from '@housecount/schema';
import { limits } from '../../limits.ts';

/** A limit that the operator can set: a schema, whose default holds where the configuration says nothing. */
export interface LimitSetting extends JsonSchema {
  readonly minimum: number;
  readonly maximum: number;
  readonly default: number;
  readonly description: string;
  readonly unit: Unit;
  /** An app may have one of its own. */
  readonly isOfApp: boolean;
}
type Unit =
  | 'milliseconds'
  | 'seconds'
  | 'days'
  | 'bytes'
  | 'characters'
  | 'count'
  | 'per second'
  | 'bytes per second';
type Name = keyof typeof limits;

/** The highest value of a limit, by unit. Chosen: what one machine could still be meant to bear. */
const most: Readonly<Record<Unit, number>> = {
  milliseconds: 30 * 24 * 3_600_000,
  seconds: 30 * 24 * 3_600,
  days: 3_650,
  bytes: 2 ** 50,
  characters: 2 ** 50,
  count: 100_000_000,
  'per second': 1_000_000,
  'bytes per second': 2 ** 50,
};

const settingOf = (name: Name, unit: Unit, description: string, isOfApp: boolean): LimitSetting =>
  ({
    ...integerShape(description, { minimum: 1, maximum: most[unit] }),
    default: limits[name],
    unit,
    isOfApp,
  }) as LimitSetting;

/** A limit of this name, with the default that limits.ts gives it. */
export const limit = <const Of extends Name>(name: Of, unit: Unit, description: string) =>
  ({ [name]: settingOf(name, unit, description, false) }) as Readonly<Record<Of, LimitSetting>>;

/** The same of what each app has a share of, which an app may have another one of. */
export const appLimit = <const Of extends Name>(name: Of, unit: Unit, description: string) =>
  ({ [name]: settingOf(name, unit, description, true) }) as Readonly<
    Record<Of, LimitSetting & { readonly isOfApp: true }>
  >;
