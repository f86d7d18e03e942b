import type { Logger } from '../../observe/contract.ts';
import type { Disk, DiskFile } from '../disk.ts';
import { frameHeaderBytes, mayBeFrame, parseFrame, recordBytesMax, viewOf } from './frame.ts';
import {
  decodeHeader,
  encodeHeader,
  frames,
  segmentHeaderBytes,
  segmentName,
  segmentNamePattern,
} from './segment.ts';
import { readSnapshot } from './snapshot-file.ts';

/** Records that cannot be read: `from` to `to`, both included. */
export interface LogDamage {
  /** The file in which they begin, or were to be. */
  readonly path: string;
  /** Offset of the damage in the file, bytes. */
  readonly offset: number;
  readonly from: number;
  readonly to: number;
}

/** The point from which on the log is whole, and before which the newest snapshot knows everything. */
export interface LogCut {
  /** Position of the record that is the first then. */
  readonly first: number;
  /** The place of that record now; absent if it begins a file, or none is left. */
  readonly source?: { readonly path: string; readonly offset: number };
  /** Files that are no longer needed, oldest first. */
  readonly unneeded: readonly string[];
}

/** The damage found in the log of a partition. */
export interface LogFindings {
  readonly folder: string;
  readonly damages: readonly LogDamage[];
  /** Files whose records are whole behind a header that is not: it is written anew. */
  readonly headers: readonly { readonly path: string; readonly first: number }[];
  /** Position up to which the log goes, or was to go. */
  readonly last: number;
  /** Position of the newest whole snapshot; 0: there is none. */
  readonly snapshot: number;
  /** The cut that repairs it; absent if no record is damaged, or no snapshot lies past the damage. */
  readonly cut?: LogCut;
}

/** Bytes looked at in one go when a whole frame is looked for, or copied. */
const stepBytes = 256 * 1024;

interface Place {
  readonly position: number;
  readonly path: string;
  readonly offset: number;
}

/**
 * Reads the whole log of a partition, changing nothing. `durable`: the last position that was known to be durable. An unfinished
 * end that was never acknowledged is no damage: the server cuts it by itself.
 */
export async function inspectLog(
  { disk, logger }: { readonly disk: Disk; readonly logger: Logger },
  partition: string,
  durable: number,
): Promise<LogFindings> {
  const folder = `log/${partition}`;
  const names = (await disk.list(folder)).filter((name) => segmentNamePattern.test(name)).sort();
  const damages: LogDamage[] = [];
  const headers: { path: string; first: number }[] = [];
  let expected = firstOf(names[0]) ?? 1;
  /** The place from which on the records are whole to the end: the first append after the last damage. */
  let clean: Place | undefined;
  const damaged = (damage: LogDamage): void => {
    damages.push(damage);
    clean = undefined;
    expected = damage.to + 1;
  };
  for (const [index, name] of names.entries()) {
    const path = `${folder}/${name}`;
    const first = firstOf(name) ?? 1;
    // The file ends there, whatever else it holds.
    const end = firstOf(names[index + 1]) ?? Number.POSITIVE_INFINITY;
    if (first > expected) damaged({ path, offset: 0, from: expected, to: first - 1 });
    const file = await disk.open(path);
    try {
      if (decodeHeader(await file.read(0, segmentHeaderBytes))?.first !== first)
        headers.push({ path, first });
      for (let offset = segmentHeaderBytes; expected < end; ) {
        for await (const { offset: at, frame } of frames(file, offset)) {
          if (frame?.position !== expected) break;
          if (frame.appendFirst === expected) clean ??= { position: expected, path, offset: at };
          expected += 1;
          offset = at + frame.length;
          if (expected === end) break;
        }
        if (expected === end) break;
        const later = await laterAppend(file, offset, expected);
        const to = Math.min(later.first?.position ?? later.newest + 1, end) - 1;
        // The end of the newest file may be torn, if no later append follows: it is cut by the server.
        if (end === Number.POSITIVE_INFINITY && to < expected) break;
        damaged({
          path,
          offset,
          from: expected,
          to: later.first || end === Number.POSITIVE_INFINITY ? to : end - 1,
        });
        if (later.first === undefined || later.first.position >= end) break;
        offset = later.first.offset;
      }
    } finally {
      await file.close();
    }
  }
  if (expected - 1 < durable) {
    const path = `${folder}/${names.at(-1) ?? segmentName(1)}`;
    damaged({ path, offset: -1, from: expected, to: durable });
  }
  const last = expected - 1;
  const snapshot = await readSnapshot(disk, logger, `snapshots/${partition}`, partition, last);
  const findings = { folder, damages, headers, last, snapshot: snapshot?.position ?? 0 };
  const cut = damages.length === 0 ? undefined : cutOf(findings, names, clean);
  return cut === undefined ? findings : { ...findings, cut };
}

function cutOf(
  { folder, snapshot, last }: LogFindings,
  names: readonly string[],
  clean: Place | undefined,
): LogCut | undefined {
  const paths = names.map((name) => `${folder}/${name}`);
  // Only a record that begins an append can begin a log: what came before it was durable when it was written.
  if (clean === undefined) return snapshot < last ? undefined : { first: last + 1, unneeded: paths };
  const { position: first, path, offset } = clean;
  if (snapshot < first - 1) return undefined;
  const isWhole = path === `${folder}/${segmentName(first)}`;
  return {
    first,
    ...(!isWhole && { source: { path, offset } }),
    unneeded: paths.filter((other) => other < path || (other === path && !isWhole)),
  };
}

/**
 * Writes damaged headers anew and makes the log begin where the cut says. `setAside` takes a file out of the folder, to where
 * it is kept. A crash leaves what can be repaired again.
 */
export async function repairLog(
  disk: Disk,
  { folder, headers, cut }: LogFindings,
  { setAside, nowMs }: { readonly setAside: (path: string) => Promise<void>; readonly nowMs: number },
): Promise<void> {
  for (const { path, first } of headers) {
    if (cut?.unneeded.includes(path)) continue;
    const rest = await bytesFrom(disk, path, segmentHeaderBytes);
    await setAside(path);
    await disk.replace(path, [encodeHeader(first, nowMs), ...rest]);
  }
  if (cut === undefined) return;
  const { first, source, unneeded } = cut;
  const path = `${folder}/${segmentName(first)}`;
  if (source !== undefined) {
    const rest = await bytesFrom(disk, source.path, source.offset);
    await disk.replace(path, [encodeHeader(first, nowMs), ...rest]);
  }
  for (const old of unneeded) await setAside(old);
  if (!(await disk.list(folder)).includes(segmentName(first)))
    await disk.replace(path, encodeHeader(first, nowMs));
}

async function bytesFrom(disk: Disk, path: string, offset: number): Promise<Uint8Array[]> {
  const file = await disk.open(path);
  try {
    const size = await file.size();
    const blocks: Uint8Array[] = [];
    for (let at = offset; at < size; at += stepBytes)
      blocks.push(await file.read(at, Math.min(stepBytes, size - at)));
    return blocks;
  } finally {
    await file.close();
  }
}

/**
 * Whole frames of appends after the one that holds `position`: the first that begins one, or, if none does, the newest
 * position (`position` − 1: there are none).
 */
async function laterAppend(
  file: DiskFile,
  from: number,
  position: number,
): Promise<{
  readonly first?: { readonly offset: number; readonly position: number };
  readonly newest: number;
}> {
  const size = await file.size();
  const atMost = position + Math.ceil(size / frameHeaderBytes);
  let newest = position - 1;
  for (let start = from; start + frameHeaderBytes <= size; start += stepBytes) {
    const block = await file.read(start, stepBytes + frameHeaderBytes - 1);
    const view = viewOf(block);
    for (let at = 0; at < stepBytes && at + frameHeaderBytes <= block.length; at += 1) {
      if (!mayBeFrame(view, at, position, atMost)) continue;
      const bytes = await file.read(start + at, frameHeaderBytes + recordBytesMax);
      const frame = parseFrame(bytes, viewOf(bytes), 0);
      if (typeof frame === 'string' || frame.appendFirst <= position) continue;
      if (frame.appendFirst === frame.position)
        return { first: { offset: start + at, position: frame.position }, newest };
      newest = Math.max(newest, frame.position);
    }
  }
  return { newest };
}

const firstOf = (name: string | undefined): number | undefined =>
  name === undefined ? undefined : Number(name.slice(0, 16));
