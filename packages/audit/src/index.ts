export { type Audit, type AuditOptions, audit } from './auditor.ts';
export { heardOf } from './heard.ts';
export type { Life } from './life.ts';
export { readLines } from './text-lines.ts';
export { describeVerdict, type Verdict, Verification, violationsShownMax } from './verdict.ts';
export { verifyCapture } from './verify-capture.ts';
