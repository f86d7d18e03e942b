import { type AuditOptions, Auditor, streamBounds } from './auditor.ts';

/** The result of a verification. */
export interface Verdict {
  readonly ok: boolean;
  readonly notices: number;
  /** Notices that said again what had been said. */
  readonly copies: number;
  readonly lives: number;
  readonly closedLives: number;
  /** Lives whose beginning was not there. */
  readonly midwayLives: number;
  /** Members inside by the notices, at the end. */
  readonly members: number;
  /** The number of times that the server said that events are lost; these break no promise. */
  readonly lost: number;
  /** The number of events lost, as far as the server said. */
  readonly lostEvents: number;
  readonly firstLost: readonly string[];
  readonly violations: number;
  readonly firstViolations: readonly string[];
  /** Findings that are worth knowing and break no promise. */
  readonly remarks: readonly string[];
}

/** Violations, and findings of lost events, that are told one by one; the others are counted. */
export const violationsShownMax = 20;
/** Notices between two reports of progress. */
const progressEvery = 100_000;

/** An auditor that runs in bounded memory, with its findings. */
export class Verification {
  readonly auditor: Auditor;
  readonly remarks: string[] = [];
  readonly #first: string[] = [];
  readonly #firstLost: string[] = [];
  readonly #onProgress: (notices: number) => void;
  #outside = 0;

  constructor(
    options: Omit<AuditOptions, 'bounds' | 'onViolation' | 'onLost'>,
    onProgress: (notices: number) => void = () => {},
  ) {
    const onViolation = (violation: string) => this.#show(violation);
    const onLost = (finding: string) => {
      if (this.#firstLost.length < violationsShownMax) this.#firstLost.push(finding);
    };
    this.auditor = new Auditor({ ...options, bounds: streamBounds, onViolation, onLost });
    this.#onProgress = onProgress;
  }

  tell(...told: Parameters<Auditor['tell']>): void {
    this.auditor.tell(...told);
    this.#progressed();
  }

  tellLost(...told: Parameters<Auditor['tellLost']>): void {
    this.auditor.tellLost(...told);
    this.#progressed();
  }

  #progressed(): void {
    if (this.auditor.notices % progressEvery === 0) this.#onProgress(this.auditor.notices);
  }

  /** Something else than a notice breaks a promise. */
  violated(violation: string): void {
    this.#outside += 1;
    this.#show(violation);
  }

  /** The verdict, once the auditor has ended. */
  verdict(members: number): Verdict {
    const { notices, copies, lives, closedLives, adoptedLives, lost, lostEvents } = this.auditor;
    const violations = this.auditor.violations + this.#outside;
    return {
      ok: violations === 0,
      notices,
      copies,
      lives,
      closedLives,
      midwayLives: adoptedLives,
      members,
      lost,
      lostEvents,
      firstLost: this.#firstLost,
      violations,
      firstViolations: this.#first,
      remarks: this.remarks,
    };
  }

  #show(violation: string): void {
    if (this.#first.length < violationsShownMax) this.#first.push(violation);
  }
}

/** All members of all rosters. */
export function membersOf(rosters: ReadonlyMap<string, ReadonlyMap<number, unknown>>): number {
  let members = 0;
  for (const roster of rosters.values()) members += roster.size;
  return members;
}

/** The verdict for a person: counts, the first violations, the result. */
export function describeVerdict(verdict: Verdict): string {
  const { notices, copies, lives, closedLives, midwayLives, members, violations, firstViolations } = verdict;
  const { lost, lostEvents, firstLost } = verdict;
  const lines = [
    `${notices} notices (${copies} of them copies) of ${lives} lives of channels, ${closedLives} of them ended`,
    ...(midwayLives > 0
      ? [`${midwayLives} lives were taken up in the middle: their counts are not checked`]
      : []),
    `${members} members inside at the end`,
    ...(lost > 0
      ? [
          `the server said that events are lost, ${lost === 1 ? 'once' : `${lost} times`}${lostEvents > 0 ? `, ${lostEvents} in all` : ''}:`,
          ...firstLost.map((finding) => `  ${finding}`),
          ...(lost > firstLost.length ? [`  … and ${lost - firstLost.length} more`] : []),
        ]
      : []),
    ...verdict.remarks,
    ...firstViolations.map((violation) => `  ${violation}`),
    ...(violations > firstViolations.length ? [`  … and ${violations - firstViolations.length} more`] : []),
    violations === 0 ? 'no violation' : `${violations} violations`,
  ];
  return `${lines.join('\n')}\n`;
}
