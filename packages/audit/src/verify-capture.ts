import type { AuditOptions } from './auditor.ts';
import { capturedOf } from './captured.ts';
import { readLines } from './text-lines.ts';
import { membersOf, type Verdict, Verification } from './verdict.ts';

/**
 * Audits a capture: one body a line, in any format, or what `listen --json` prints. Memory goes by the channels that are
 * open at a time, and the people in them, not by the length.
 */
export async function verifyCapture(
  body: AsyncIterable<Uint8Array>,
  options: Pick<AuditOptions, 'partial' | 'midway'>,
  onProgress?: (notices: number) => void,
): Promise<Verdict> {
  const verification = new Verification(options, onProgress);
  for await (const { number, text, whole } of readLines(body)) {
    if (text?.trim() === '') continue;
    const captured = text === undefined ? undefined : capturedOf(parsed(text));
    if (captured)
      for (const { notice, lost, app } of captured)
        if (notice) verification.tell(notice, app);
        else verification.tellLost(lost, app);
    else if (!whole && text !== undefined && parsed(text) === undefined)
      verification.remarks.push(`line ${number}, the last, is cut off and was left out`);
    else verification.violated(`line ${number} is not a notice`);
  }
  const { rosters } = verification.auditor.end();
  return verification.verdict(membersOf(rosters));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
