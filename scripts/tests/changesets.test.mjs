// Notes of .changeset/, which `npm run changeset version` takes into the changelogs.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../setup/setup.mjs';

const manifests = readdirSync(join(root, 'packages')).map((name) =>
  JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')),
);

test('PROJ9: notes are about packages that people install, and say what kind of change it is', () => {
  const published = manifests.filter((manifest) => !manifest.private).map(({ name }) => name);
  const folder = join(root, '.changeset');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md')) {
    const [, head, text] =
      /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
    assert.ok(text.trim().length > 0, `${file} says nothing`);
    for (const line of head.split('\n')) {
      const [, , name] = /^(['"])([^'"]+)\1: (?:minor|patch)$/.exec(line) ?? [];
      assert.ok(published.includes(name), `${file}: ${line}`);
    }
  }
});

test('PROJ9: all packages have one version, and none takes a peer of exactly that one', () => {
  const versions = new Set(manifests.map(({ version }) => version));
  assert.equal(versions.size, 1);
  // A peer of exactly this version would make the next minor version a major one.
  const exact = manifests.flatMap(({ name, peerDependencies = {} }) =>
    Object.entries(peerDependencies)
      .filter(([peer, range]) => peer.startsWith('@housecount/') && versions.has(range))
      .map(([peer]) => `${name} takes ${peer}`),
  );
  assert.deepEqual(exact, []);
});
