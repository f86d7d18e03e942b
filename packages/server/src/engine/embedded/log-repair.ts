import type { Logger } from '../../observe/contract.ts';
import type { Disk, DiskFile } from '../disk.ts';
import type { KnownPlace } from './alive-file.ts';
import { batchHeaderOf } from './batch.ts';
import { type Frame, frames, laterFrames } from './frame.ts';
import { segmentName, segmentNamePattern } from './segment.ts';
import { decodeHead, encodeHead, headBytesMax, type SegmentHead } from './segment-head.ts';
import { readSnapshot } from './snapshot-file.ts';
import { type Misfit, type Walk, walkFrom } from './walk.ts';

/** Records that cannot be read: `from` to `to`, both included; `to` below `from`: none, but something is there that was not appended. */
export interface LogDamage {
  /** The file in which they begin, or were to be. */
  readonly path: string;
  /** Offset of the damage in the file, bytes. */
  readonly offset: number;
  readonly from: number;
  readonly to: number;
  /** The sentence that says what is there, without its end; absent: records that cannot be read. */
  readonly what?: string;
}

/** The point from which on the log is whole, and before which the newest snapshot knows everything. */
export interface LogCut {
  /** Position of the record that is the first then. */
  readonly first: number;
  /** The place of that record now, and the chain before it; absent if it begins a file, or none is left. */
  readonly source?: Pick<Place, 'path' | 'offset' | 'chain'>;
  /** Files that are no longer needed, oldest first. */
  readonly unneeded: readonly string[];
}

/** The damage found in the log of a partition. */
export interface LogFindings {
  readonly folder: string;
  readonly damages: readonly LogDamage[];
  /** Files whose records are whole behind a header that is not: it is written anew. */
  readonly headers: readonly { readonly path: string; readonly head: SegmentHead }[];
  /** Position up to which the log goes, or was to go. */
  readonly last: number;
  /** Position of the newest whole snapshot; 0: there is none. */
  readonly snapshot: number;
  /** The cut that repairs it; absent if no record is damaged, or no snapshot lies past the damage. */
  readonly cut?: LogCut;
}

/** Bytes copied in one go. */
const stepBytes = 256 * 1024;

interface Place {
  readonly position: number;
  readonly path: string;
  readonly offset: number;
  /** Absent: what is there has none. */
  readonly chain: string | undefined;
}

/**
 * Reads the whole log of a partition, changing nothing. `known`: the last place that it was known to have reached. An unfinished
 * end that was never acknowledged is no damage: the server cuts it by itself.
 */
export async function inspectLog(
  { disk, logger }: { readonly disk: Disk; readonly logger: Logger },
  partition: string,
  known: KnownPlace,
): Promise<LogFindings> {
  const folder = `log/${partition}`;
  const names = (await disk.list(folder)).filter((name) => segmentNamePattern.test(name)).sort();
  const inspection = new Inspection(firstOf(names[0]) ?? 1, known);
  for (const [index, name] of names.entries()) {
    const path = `${folder}/${name}`;
    const file = await disk.open(path);
    try {
      // The file ends there, whatever else it holds.
      const end = firstOf(names[index + 1]) ?? Number.POSITIVE_INFINITY;
      await inspection.read({ path, file, first: firstOf(name) ?? 1, end });
    } finally {
      await file.close();
    }
  }
  const path = `${folder}/${names.at(-1) ?? segmentName(1)}`;
  if (inspection.expected - 1 < known.position)
    inspection.damaged({ path, offset: -1, from: inspection.expected, to: known.position });
  const { damages, headers, clean } = inspection;
  const last = inspection.expected - 1;
  const snapshot = await readSnapshot(disk, logger, `snapshots/${partition}`, partition, last);
  const findings = { folder, damages, headers, last, snapshot: snapshot?.position ?? 0 };
  const cut = damages.length === 0 ? undefined : cutOf(findings, names, clean);
  return cut === undefined ? findings : { ...findings, cut };
}

/** A file that is read, from the position in its name to the one before `end`. */
interface ReadFile {
  readonly path: string;
  readonly file: DiskFile;
  readonly first: number;
  readonly end: number;
}

/** Goes through the files of a log, and goes on behind whatever is wrong in them. */
class Inspection {
  readonly damages: LogDamage[] = [];
  readonly headers: { path: string; head: SegmentHead }[] = [];
  /** The place from which on the records are whole to the end: the first append after the last damage. */
  clean: Place | undefined;
  /** Chain at the end of what was read; undefined if it is not known. */
  #chain: string | undefined;

  /** `expected`: position of the next record. */
  constructor(
    public expected: number,
    readonly known: KnownPlace,
  ) {}

  damaged(damage: LogDamage): void {
    this.damages.push(damage);
    this.clean = undefined;
    this.#chain = undefined;
    this.expected = damage.to + 1;
  }

  async read(each: ReadFile): Promise<void> {
    const { path, first, end } = each;
    if (first > this.expected) this.damaged({ path, offset: 0, from: this.expected, to: first - 1 });
    const head = await this.#head(each);
    const { chain } = head;
    if (chain !== undefined && this.#chain !== undefined && chain !== this.#chain)
      this.damaged({
        path,
        offset: 0,
        from: first,
        to: first - 1,
        what: 'it is of another log than the file before it',
      });
    let walk = walkFrom(chain !== undefined, startAt(first - 1, head.bytes, chain));
    for (let offset = head.bytes; this.expected < end; ) {
      const stop = await this.#follow(each, walk, offset);
      if (this.expected === end) break;
      const next = await this.#behind(each, head, walk, stop);
      if (next === undefined) break;
      offset = next.offset;
      walk = walkFrom(chain !== undefined, startAt(next.position - 1, offset, undefined));
    }
    this.#chain = this.clean && walk.whole.chain;
  }

  /** Takes frames until one does not follow; says where, and why if it is known. */
  async #follow(
    { path, file, end }: ReadFile,
    walk: Walk,
    from: number,
  ): Promise<{ readonly offset: number; readonly misfit?: Misfit }> {
    let offset = from;
    for await (const { offset: at, frame } of frames(file, from)) {
      if (frame === undefined) break;
      const wasOpen = walk.isOpen;
      const misfit = walk.take(frame, at);
      if (misfit) return { offset: at, misfit };
      if (!wasOpen && frame.appendFirst === frame.position)
        this.clean ??= { position: frame.position, path, offset: at, chain: batchHeaderOf(frame)?.prev };
      this.expected = walk.expected;
      offset = at + frame.length;
      if (frame.position === this.known.position) this.#compare(path, walk);
      if (this.expected === end) break;
    }
    return { offset };
  }

  /** Holds a batch that ends at the known place against what ended there before. */
  #compare(path: string, { whole: { appendFirst: from, appendStart: offset, chain, last: to } }: Walk): void {
    const { known } = this;
    if (to !== known.position || chain === undefined || known.chain === undefined) return;
    if (chain !== known.chain)
      this.damaged({
        path,
        offset,
        from,
        to,
        what: `record ${to} is another than it was when the server last ran`,
      });
  }

  /** Notes what is wrong where a walk stopped, and finds what follows; undefined: nothing does. */
  async #behind(
    { path, file, end }: ReadFile,
    { chain }: SegmentHead,
    walk: Walk,
    { offset, misfit }: { readonly offset: number; readonly misfit?: Misfit },
  ): Promise<{ readonly offset: number; readonly position: number } | undefined> {
    const { whole, isOpen } = walk;
    const hasBatches = chain !== undefined;
    const from = misfit?.from ?? this.expected;
    const resume = misfit?.resume ?? { offset, above: hasBatches && !isOpen ? from - 1 : from };
    const later = await laterAppend(file, resume.offset, resume.above, hasBatches);
    const known = Math.max(later.newest, from - 1, misfit?.to ?? 0);
    const to = Math.min(later.first ? later.first.position - 1 : known, end - 1);
    // The end of the newest file may be torn, if no later append follows: it is cut by the server.
    if (end === Number.POSITIVE_INFINITY && to < from && !misfit?.isCertain) {
      if (hasBatches) this.expected = whole.last + 1;
      if (this.clean && this.clean.position >= this.expected) this.clean = undefined;
      return undefined;
    }
    const isWhole = later.first !== undefined || end === Number.POSITIVE_INFINITY;
    this.damaged({
      path,
      offset: misfit?.offset ?? offset,
      from,
      to: isWhole ? to : end - 1,
      ...(misfit?.isCertain && { what: misfit.what }),
    });
    return later.first && later.first.position < end ? later.first : undefined;
  }

  /** The header of a file; if it is damaged, as it must have been. */
  async #head({ path, file, first }: ReadFile): Promise<SegmentHead> {
    const found = decodeHead(await file.read(0, headBytesMax), path);
    if (found?.first === first) return found;
    const chain = await this.#chainBefore(file);
    const head = { first, createdMs: 0, ...(chain !== undefined && { chain }) };
    const whole = { ...head, bytes: encodeHead(head).length };
    this.headers.push({ path, head: whole });
    return whole;
  }

  /** The chain before the first batch of a file whose header is damaged; undefined: it has none. */
  async #chainBefore(file: DiskFile): Promise<string | undefined> {
    const old = await firstFrame(file, encodeHead({ first: 1, createdMs: 0 }).length);
    if (old && !old.isHeader) return undefined;
    const frame = await firstFrame(file, headBytesMax);
    return (frame && batchHeaderOf(frame)?.prev) ?? this.#chain;
  }
}

async function firstFrame(file: DiskFile, offset: number): Promise<Frame | undefined> {
  for await (const { frame } of frames(file, offset)) return frame;
  return undefined;
}

const startAt = (position: number, offset: number, chain: string | undefined) => ({
  position,
  offset,
  ...(chain !== undefined && { chain }),
});

function cutOf(
  { folder, snapshot, last }: LogFindings,
  names: readonly string[],
  clean: Place | undefined,
): LogCut | undefined {
  const paths = names.map((name) => `${folder}/${name}`);
  // Only a record that begins an append can begin a log: what came before it was durable when it was written.
  if (clean === undefined) return snapshot < last ? undefined : { first: last + 1, unneeded: paths };
  const { position: first, path, offset, chain } = clean;
  if (snapshot < first - 1) return undefined;
  const isWhole = path === `${folder}/${segmentName(first)}`;
  return {
    first,
    ...(!isWhole && { source: { path, offset, chain } }),
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
  for (const { path, head } of headers) {
    if (cut?.unneeded.includes(path)) continue;
    const rest = await bytesFrom(disk, path, head.bytes);
    await setAside(path);
    await disk.replace(path, [encodeHead({ ...head, createdMs: nowMs }), ...rest]);
  }
  if (cut === undefined) return;
  const { first, source, unneeded } = cut;
  const path = `${folder}/${segmentName(first)}`;
  if (source !== undefined) {
    const rest = await bytesFrom(disk, source.path, source.offset);
    const chain = source.chain;
    const head = encodeHead({ first, createdMs: nowMs, ...(chain !== undefined && { chain }) });
    await disk.replace(path, [head, ...rest]);
  }
  for (const old of unneeded) await setAside(old);
  if (!(await disk.list(folder)).includes(segmentName(first)))
    // Nothing is left: the chain begins anew with the next append.
    await disk.replace(path, encodeHead({ first, createdMs: nowMs }));
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
 * Whole frames of appends that begin after `position`: the first that begins one, or, if none does, the newest position
 * (`position` − 1: there are none). Of batches only a header begins one.
 */
async function laterAppend(
  file: DiskFile,
  from: number,
  position: number,
  hasBatches: boolean,
): Promise<{
  readonly first?: { readonly offset: number; readonly position: number };
  readonly newest: number;
}> {
  let newest = position - 1;
  for await (const { offset, frame } of laterFrames(file, from, position)) {
    const begins = hasBatches ? batchHeaderOf(frame) !== undefined : frame.appendFirst === frame.position;
    if (begins) return { first: { offset, position: frame.position }, newest };
    newest = Math.max(newest, frame.position);
  }
  return { newest };
}

const firstOf = (name: string | undefined): number | undefined =>
  name === undefined ? undefined : Number(name.slice(0, 16));
