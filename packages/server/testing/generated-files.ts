import { clientRoutes, clientTypes } from '@housecount/schema/text/operations';
import { bodiesPage } from '@housecount/schema/text/page';
import { apiOperations } from '../src/api/routes.ts';
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
    ];
  } finally {
    await world.close();
  }
}
