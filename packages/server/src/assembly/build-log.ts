import { Manifest } from '../data/manifest.ts';
import { openResumeSecret } from '../data/resume-secret.ts';
import type { Disk } from '../engine/disk.ts';
import { openEmbeddedLog } from '../engine/embedded/embedded-log.ts';
import { openNodeDisk } from '../engine/embedded/node-disk.ts';
import { canWrite } from '../engine/write-probe.ts';
import type { Kept } from '../kept/contract.ts';
import { keptFiles } from '../kept/files/kept-files.ts';
import type { Log } from '../log/contract/log.ts';
import { openLogOfApps } from '../log/log-of-apps.ts';
import { audienceMetrics } from '../operate/audience-metrics.ts';
import { followKicks } from '../operate/kick-log.ts';
import { warnOfReaders } from '../operate/readable-secrets.ts';
import type { Ground } from './build-ground.ts';
import type { Settings } from './settings.ts';
import type { Stops } from './stops.ts';

export interface DataFolder {
  readonly disk: Disk;
  readonly kept: Kept;
  readonly manifest: Manifest;
  readonly resumeSecret: Uint8Array;
}

/** Opens the data folder; nothing that must be in it is missing. */
export async function openDataFolder(
  { first }: Settings,
  { common: { logger, clock } }: Pick<Ground, 'common'>,
  stops: Stops,
): Promise<DataFolder> {
  await warnOfReaders(logger, first);
  const folder = await openNodeDisk(first.dataDir, logger);
  stops.add(() => folder.close());
  const manifest = await Manifest.read(folder, { logger, nowMs: clock.wallMs });
  await manifest.check(first.dataDir);
  await manifest.bringForward();
  const disk = manifest.watched();
  const kept = keptFiles(disk);
  return { disk, kept, manifest, resumeSecret: await openResumeSecret(kept) };
}

/** All apps share one partition on one machine: one fsync serves them all. */
const onePartition = { names: ['main'], partitionOf: () => 'main' };

/** Opens the log in the data folder, and follows it for the operator. */
export async function buildLog(
  { first }: Settings,
  { common, outward, health, apps, limitsOf }: Omit<Ground, 'onRefusedLogin'>,
  { disk }: Pick<DataFolder, 'disk'>,
  stops: Stops,
): Promise<Log> {
  const { logger, clock, metrics } = common;
  const store = await openEmbeddedLog({ disk, logger, clock });
  stops.add(() => store.close());
  let fenced: string | undefined;
  const log = await openLogOfApps(onePartition, {
    ...common,
    store,
    limits: first.limits,
    limitsOf,
    recoveryMs: first.leases.recoveryMs,
    retentionMs: first.retention.hours * 3_600_000,
    retentionBytes: first.retention.bytes,
    accountDays: first.accounts.days,
    onFenced: (cause) => {
      fenced = cause.message;
      logger.error('this process no longer owns the log; it takes no more commands', {
        cause: cause.message,
      });
    },
  });
  stops.add(() => log.stop());
  const kicks = followKicks({ log, clock, logger, limited: outward.logger });
  stops.add(() => kicks.stop());
  audienceMetrics(metrics, log, () => apps.ids);
  health.register('log', async () => {
    // When there is nobody to write for, nothing would ever find that there is room again.
    if (fenced !== undefined || log.trouble === undefined) return fenced;
    return (await canWrite(disk)) ? undefined : log.trouble;
  });
  return log;
}
