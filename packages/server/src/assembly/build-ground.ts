import { resolve } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts';
import { Apps } from '../config/apps.ts';
import type { Limits } from '../config/limit-settings.ts';
import { limitWarnings } from '../config/limits/combinations.ts';
import type { Logger, Metrics } from '../observe/contract.ts';
import { createHealth, type Health } from '../observe/health.ts';
import { LimitedLogger } from '../observe/limited-logger.ts';
import { createLogger } from '../observe/logger.ts';
import { createMetrics } from '../observe/metrics.ts';
import { processMetrics } from '../observe/process-metrics.ts';
import { ProcessWatch } from '../observe/process-watch.ts';
import { refusedLogins } from '../observe/refused-logins.ts';
import { appLimits } from './app-limits.ts';
import { warnIfOpen } from './open-apps.ts';
import type { Settings } from './settings.ts';
import type { Stops } from './stops.ts';

/** Time, chance, lines and figures: parts of every kind take them. */
export interface Common {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The metrics, as a page too. */
type MetricsPage = ReturnType<typeof createMetrics>;

export interface Ground {
  readonly common: Common & { readonly metrics: MetricsPage };
  /** The same for parts that strangers speak to. */
  readonly outward: Common & { readonly logger: LimitedLogger };
  readonly health: Health;
  readonly apps: Apps;
  /** The limits of each app now. */
  readonly limitsOf: (app: string) => Limits;
  readonly onRefusedLogin: ReturnType<typeof refusedLogins>;
}

/** Builds what every other part stands on. */
export function buildGround(settings: Settings, stops: Stops): Ground {
  const { first } = settings;
  const clock = systemClock();
  const random = systemRandom();
  const logger = createLogger({
    format: first.log.format,
    get level() {
      return settings.now.log.level;
    },
  });
  const metrics = createMetrics();
  const health = createHealth(clock);
  const apps = new Apps(first.apps);
  // Last of all in the end, and first of all now.
  stops.add(() => logger.info('stopped'));
  logger.info('starting', {
    version: packageJson.version,
    pid: process.pid,
    dataDir: resolve(first.dataDir),
    development: first.development,
  });
  for (const app of apps) warnIfOpen(logger, app);
  for (const { message, app } of limitWarnings(first)) logger.warn(message, { ...(app && { app }) });
  const limited = new LimitedLogger(logger, clock, first.limits);
  stops.add(() => limited.stop());
  processMetrics(metrics);
  const watch = new ProcessWatch({ clock, logger, metrics });
  watch.start();
  stops.add(() => watch.stop());
  health.register('process', () => watch.trouble);
  const common = { clock, random, logger, metrics };
  return {
    common,
    outward: { ...common, logger: limited },
    health,
    apps,
    limitsOf: appLimits(first.limits, apps),
    onRefusedLogin: refusedLogins(limited),
  };
}
