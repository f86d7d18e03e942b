import {
  agoraEventsLost,
  agoraNotice,
  agoraNotices,
  agoraNoticeTypes,
  standardBatch,
  standardNotice,
  standardNotices,
} from '../notices/index.ts';
import type { Shape } from '../shape.ts';
import { tableByKind } from './table.ts';
import { typesModule } from './typescript.ts';

/** The module of the protocol with the types of notices. */
export const noticeTypesModule = (): string =>
  typesModule([agoraNotice, agoraEventsLost, standardNotice, standardBatch]);

/** The docs' tables of the `agora` format: its types, and what is in their payloads (Markdown). */
export function agoraNoticesTable(): string {
  const types = Object.entries(agoraNoticeTypes).map(([type, { what }]) => `| ${type} | ${what} |`);
  const payloads = agoraNotices.map(({ type, notice }) => [`${type}`, within(notice, 'payload')] as const);
  return ['| `eventType` | |', '|---|---|', ...types, '', tableByKind('payload', payloads)].join('\n');
}

/** The docs' tables of the `standard` format: its types, and what is in their data (Markdown). */
export function standardNoticesTable(): string {
  const all = Object.entries(standardNotices);
  const types = all.map(([type, { description }]) => `| \`${type}\` | ${description} |`);
  const data = all.map(([type, shape]) => [`\`${type}\``, within(shape, 'data')] as const);
  return ['| `type` | |', '|---|---|', ...types, '', tableByKind('data', data)].join('\n');
}

/** The shape of a property. */
const within = ({ properties }: Shape, name: string): Shape =>
  (properties as Readonly<Record<string, Shape>>)[name] ?? {};
