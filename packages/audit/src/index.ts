export { type Audit, type AuditBounds, type AuditOptions, Auditor, audit, streamBounds } from './auditor.ts';
export { type Captured, capturedOf, type HeardLost } from './captured.ts';
export { heardOf } from './heard.ts';
export type { AuditedMember, Heard, Life } from './life.ts';
export { lineLengthMax, readLines, type TextLine } from './text-lines.ts';
export { describeVerdict, membersOf, type Verdict, Verification, violationsShownMax } from './verdict.ts';
export { verifyCapture } from './verify-capture.ts';
