import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { HousecountError } from '@housecount/protocol';
import { aliveMarkOf, knownPlaceOf } from '../engine/embedded/alive-file.ts';
import { inspectLog, type LogDamage, type LogFindings, repairLog } from '../engine/embedded/log-repair.ts';
import { type NodeDisk, openNodeDisk, openNodeDiskUntouched } from '../engine/embedded/node-disk.ts';
import { folderMode } from '../engine/embedded/private-files.ts';
import { rangeWords } from '../engine/embedded/walk.ts';
import { decodeLines } from '../kept/files/checked-lines.ts';
import { keptFiles } from '../kept/files/kept-files.ts';
import { damageOf, setAside } from '../kept/tables/sqlite.ts';
import { EndpointStore } from '../notify/endpoint/endpoint-store.ts';
import { cursorPath } from '../notify/progress/cursor-store.ts';
import type { Logger } from '../observe/contract.ts';
import { Manifest, manifestPath } from './manifest.ts';
import { resumeSecretDamage, resumeSecretPath } from './resume-secret.ts';

/** One fault of a data folder. Its texts are sentences for the operator. */
export interface Finding {
  /** Below the data folder. */
  readonly file: string;
  readonly problem: string;
  /** The sentence that says what the repair does about it, and what that costs; absent if it can do nothing. */
  readonly remedy?: string;
  /** The sentence that says what the operator may do, if the repair can do nothing. */
  readonly advice?: string;
}

export interface Repair {
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** The folder that keeps everything that was taken out or changed; absent if nothing was. */
  readonly keptIn?: string;
}

interface Work extends Finding {
  /** Does what `remedy` says. */
  readonly act?: () => Promise<void>;
}

/**
 * Looks for what is wrong with the data folder of a server that is stopped and, unless `isDryRun`, mends what can be mended.
 * Nothing is deleted: what is taken out is kept in a folder of its own beside it.
 * @throws HousecountError data_in_use if a server runs on it; data_missing if there is no such folder.
 */
export async function repairDataFolder(
  dataDir: string,
  { isDryRun, nowMs }: { readonly isDryRun: boolean; readonly nowMs: number },
): Promise<Repair> {
  const folder = resolve(dataDir);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new HousecountError('data_missing', `There is no folder ${folder}.`);
  const disk = isDryRun ? openNodeDiskUntouched(folder) : await openNodeDisk(folder);
  try {
    const keptName = `repaired-${new Date(nowMs).toISOString().replaceAll(':', '-')}`;
    const kept: string[] = [];
    const keep = async (path: string): Promise<void> => {
      const to = join(folder, keptName, path);
      await mkdir(dirname(to), { recursive: true, mode: folderMode });
      await rename(join(folder, path), to);
      kept.push(path);
    };
    const complaints: string[] = [];
    const logger = tellingOf((_, problem) => complaints.push(problem));
    const manifest = await Manifest.read(disk, { logger, nowMs: () => nowMs });
    const works: Work[] = complaints
      .splice(0)
      .map((problem) => ({ file: manifestPath, problem, remedy: 'The next start writes it anew.' }));
    for await (const work of worksOf(disk, folder, { keep, nowMs, manifest })) works.push(work);
    if (!isDryRun) {
      for (const { act } of works) await act?.();
      // Files that were taken out on purpose are not reported missing.
      await manifest.forget((await manifest.missing()).map(({ path }) => path));
      const [failure] = complaints;
      if (failure !== undefined) throw new HousecountError('log_unavailable', failure);
    }
    const findings = works.map(({ act: _, ...finding }) => finding);
    return { folder, findings, ...(kept.length > 0 && { keptIn: join(folder, keptName) }) };
  } finally {
    disk.close();
  }
}

interface Tools {
  /** Takes a file out, to where it is kept. */
  readonly keep: (path: string) => Promise<void>;
  readonly nowMs: number;
  readonly manifest: Manifest;
}

async function* worksOf(disk: NodeDisk, folder: string, tools: Tools): AsyncGenerator<Work> {
  yield* logs(disk, tools);
  yield* secrets(disk, tools);
  yield* notifyFiles(disk);
  yield* tables(disk, folder);
  yield* missing(tools);
}

async function* logs(disk: NodeDisk, tools: Tools): AsyncGenerator<Work> {
  const alive = aliveMarkOf(await disk.read('alive'));
  const partitions = new Set([...(await disk.list('log')), ...Object.keys(alive?.durable ?? {})]);
  for (const partition of partitions) {
    const told: Work[] = [];
    const logger = tellingOf((file, problem) => {
      told.push({
        file,
        problem: `${problem}.`,
        remedy: 'Nothing needs to be done: it is not used, and goes once newer ones are written.',
      });
    });
    const found = await inspectLog({ disk, logger }, partition, knownPlaceOf(alive, partition));
    yield* told;
    for (const { path } of found.headers)
      if (!found.cut?.unneeded.includes(path))
        yield {
          file: path,
          problem: 'Its header is damaged.',
          remedy: 'The header is written anew; no record is lost.',
          // All that is to be done in the log is done at once, with the last that is told of it.
          ...(found.damages.length === 0 &&
            path === found.headers.at(-1)?.path && { act: () => repairLog(disk, found, withKeep(tools)) }),
        };
    const [first, ...more] = found.damages;
    if (first === undefined) continue;
    yield {
      file: first.path,
      problem: `${[first, ...more].map(damageWords).join('; ')}.`,
      ...(found.cut
        ? { remedy: cutWords(found, found.cut.first), act: () => repairLog(disk, found, withKeep(tools)) }
        : {
            ...(found.headers.length > 0 && { act: () => repairLog(disk, found, withKeep(tools)) }),
            advice: `The newest whole snapshot is ${found.snapshot === 0 ? 'none' : `of record ${found.snapshot}`}, so who is there now cannot be told without these records. Put back a copy of the data folder from a backup.`,
          }),
    };
  }
}

const withKeep = ({ keep, nowMs }: Tools) => ({ setAside: keep, nowMs });

const damageWords = ({ path, offset, from, to, what }: LogDamage): string =>
  what === undefined
    ? unreadWords({ path, offset, from, to })
    : `${path} at byte ${offset}: ${what}${to < from ? '' : `, and ${rangeWords(from, to)} cannot be used`}`;

const unreadWords = ({ path, offset, from, to }: LogDamage): string =>
  `${rangeWords(from, to)} cannot be read (${path}${offset < 0 ? ' ends before' : ` at byte ${offset}`})`;

const cutWords = ({ snapshot }: LogFindings, first: number): string =>
  `The newest snapshot is of record ${snapshot}, past the damage, so nobody who is there is lost: the log is made to begin at record ${first}. Events before it stay in the history if that has come to them; endpoints that had not are told what they lost.`;

async function* secrets(disk: NodeDisk, { keep }: Tools): AsyncGenerator<Work> {
  const bytes = await disk.read(resumeSecretPath);
  const damage = bytes && resumeSecretDamage(bytes);
  if (damage !== undefined)
    yield {
      file: resumeSecretPath,
      problem: `It is damaged: ${damage}.`,
      remedy: 'The next start makes a new one; clients that come back then join anew.',
      act: () => keep(resumeSecretPath),
    };
}

async function* notifyFiles(disk: NodeDisk): AsyncGenerator<Work> {
  const advice = 'Put back a copy of it from a backup; or move it away and run this again, to go on without.';
  const endpoints = await EndpointStore.open(keptFiles(disk)).catch((error: unknown) => error);
  if (endpoints instanceof HousecountError)
    yield { file: 'notify/endpoints', problem: 'It is damaged.', advice };
  const cursors = await disk.read(cursorPath);
  if (cursors && decodeLines(cursors).length === 0)
    yield { file: cursorPath, problem: 'It is damaged.', advice };
}

async function* tables(disk: NodeDisk, folder: string): AsyncGenerator<Work> {
  for (const file of (await disk.list('.'))
    .filter((name) => name.endsWith('.db') && name !== 'lock.db')
    .sort()) {
    const damage = damageOf(join(folder, file));
    if (damage === undefined) continue;
    yield {
      file,
      problem: `It is damaged: ${damage}.`,
      remedy:
        'It gets another name beside it, and the next start begins a new one; SQLite\u2019s .recover may find much of it.',
      act: async () => {
        setAside(join(folder, file));
      },
    };
  }
}

async function* missing({ manifest }: Tools): AsyncGenerator<Work> {
  for (const { path, sinceMs, without } of await manifest.missing())
    yield {
      file: path,
      problem: `It is missing; it was there since ${new Date(sinceMs).toISOString()}.`,
      remedy: `The next start goes on without what it held: ${without}.`,
    };
}

/** Hears what the parts complain of, as file and sentence. */
function tellingOf(tell: (file: string, problem: string) => void): Logger {
  const complain = (message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    tell(String(fields.file ?? ''), fields.why === undefined ? message : `It cannot be used: ${fields.why}`);
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: complain,
    error: complain,
    with: () => logger,
  };
  return logger;
}
