import { readFileSync } from 'node:fs';
import { liveTables, liveTypesModule } from '@housecount/schema/text/live-frames';
import { agoraNoticesTable, noticeTypesModule, standardNoticesTable } from '@housecount/schema/text/notices';
import { clientRoutes, clientTypes } from '@housecount/schema/text/operations';
import { bodiesPage } from '@housecount/schema/text/page';
import { liveFieldsModule } from '@housecount/schema/text/parser-fields';
import { signalingFieldsModule } from '@housecount/schema/text/signaling-fields';
import { signalingTypesModule } from '@housecount/schema/text/signaling-frames';
import { withTable } from '@housecount/schema/text/with-table';
import { apiOperations } from '../src/api/routes.ts';
import { fixedLimitsTable, limitsTable } from '../src/config/limit-settings.ts';
import { openApiWorld } from './worlds/api-world.ts';

/** A file that is made of the schemas and checked in; its path from the root of the repository. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

/** All that is made of the schemas. Development has an operation more, and is in the client too. */
export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  const world = await openApiWorld({ development: true });
  try {
    const operations = apiOperations(world.deps);
    return [
      { path: 'packages/client/src/generated/types.ts', text: clientTypes(operations) },
      { path: 'packages/client/src/generated/routes.ts', text: clientRoutes(operations) },
      { path: 'docs/rest.md', text: bodiesPage(operations) },
      { path: 'packages/protocol/src/generated/notices.ts', text: noticeTypesModule() },
      { path: 'packages/protocol/src/generated/live-frames.ts', text: liveTypesModule() },
      { path: 'packages/protocol/src/generated/live-fields.ts', text: liveFieldsModule() },
      { path: 'packages/protocol/src/generated/signaling-fields.ts', text: signalingFieldsModule() },
      { path: 'packages/protocol/src/generated/signaling-frames.ts', text: signalingTypesModule() },
      { path: 'docs/protocol.md', text: withTables('docs/protocol.md', liveTables()) },
      {
        path: 'docs/notices.md',
        text: withTables('docs/notices.md', {
          'agora-notices': agoraNoticesTable(),
          'standard-notices': standardNoticesTable(),
        }),
      },
      {
        path: 'docs/settings.md',
        text: withTables('docs/settings.md', { limits: limitsTable(), 'fixed limits': fixedLimitsTable() }),
      },
    ];
  } finally {
    await world.close();
  }
}

/** A page of the docs with these tables in it. */
function withTables(path: string, tables: Readonly<Record<string, string>>): string {
  let text = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  for (const [name, table] of Object.entries(tables)) text = withTable({ path, text }, name, table);
  return text;
}
