import { liveClientFrame, liveFrames, rosterViews } from '../frames/live-frames.ts';
import { liveServerFrame, liveServerFrames } from '../frames/live-server-frames.ts';
import { hostState, rosterChanges, rosterMember } from '../frames/live-words.ts';
import type { Shape } from '../shape.ts';
import { tableByKind, tableOf, tableOfChoices } from './table.ts';
import { typesModule } from './typescript.ts';

/** The module of the protocol with the types of live frames, both ways. */
export const liveTypesModule = (): string => typesModule([liveClientFrame, liveServerFrame]);

/** The docs' tables of live frames by name: the fields of each, and of what they are made of (Markdown). */
export function liveTables(): Readonly<Record<string, string>> {
  return {
    ...frameTables(liveFrames),
    'views of a roster': tableOfChoices('`view`', rosterViews),
    ...frameTables(liveServerFrames),
    'a host': tableOf(hostState),
    'a member': tableOf(rosterMember),
    'changes of a roster': changesTable(),
  };
}

/** A table for each frame that has fields besides its type. */
export function frameTables(frames: Readonly<Record<string, Shape>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(frames)
      .map(([type, frame]) => [`fields of ${type}`, withoutType(frame)] as const)
      .filter(([, frame]) => Object.keys(frame.properties as object).length > 0)
      .map(([name, frame]) => [name, tableOf(frame)]),
  );
}

function changesTable(): string {
  const all = Object.entries(rosterChanges);
  const types = all.map(([type, { description }]) => `| \`${type}\` | ${description} |`);
  const fields = all.map(([type, change]) => [`\`${type}\``, withoutType(change)] as const);
  return ['| `type` of a change | |', '|---|---|', ...types, '', tableByKind('changes', fields)].join('\n');
}

/** The type is said by the heading. */
function withoutType(shape: Shape): Shape {
  const { type: _, ...properties } = shape.properties as Readonly<Record<string, Shape>>;
  return { ...shape, properties };
}
