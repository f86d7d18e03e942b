// The public types of a package as one sorted text, which stands beside the package and shows in a review what changed for its users.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { root } from '../../scripts/setup/setup.mjs';
import { compilerOptions } from './setup.mjs';

export const reportPath = (/** @type {string} */ name) => join(root, 'packages', name, 'api-report.api.md');

/**
 * The report of a package that is built.
 * @throws Error with the compiler's messages, where the types have errors.
 */
export function reportOf(/** @type {string} */ name) {
  const folder = mkdtempSync(join(tmpdir(), 'housecount-api-'));
  /** @type {string[]} */
  const messages = [];
  try {
    const entry = join(root, 'packages', name, 'dist/index.d.ts');
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: join(root, 'packages', name),
        mainEntryPointFilePath: entry,
        compiler: { overrideTsconfig: { compilerOptions, files: [entry] } },
        apiReport: {
          enabled: true,
          reportFolder: folder,
          reportTempFolder: join(folder, 'temp'),
          reportFileName: 'report',
          includeForgottenExports: true,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(root, 'packages', name, 'package.json'),
    });
    Extractor.invoke(config, {
      localBuild: true,
      // The compiler's errors alone: comments need not be TSDoc, and what is not exported by name is in the report all the same.
      messageCallback(/** @type {any} */ message) {
        message.handled = true;
        if (message.category === 'Compiler') messages.push(message.formatMessageWithLocation(root));
      },
    });
    if (messages.length > 0)
      throw new Error(`the types of packages/${name} have errors:\n${messages.join('\n')}`);
    return withoutComments(readFileSync(join(folder, 'report.api.md'), 'utf8').replaceAll('\r\n', '\n'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The report of types alone: comments inside a declaration change more often than it does, and stand where the bundler puts them. */
function withoutComments(/** @type {string} */ report) {
  return report
    .replace(/^[ \t]*\/\*\*[\s\S]*?\*\/[ \t]*\n/gm, '')
    .replace(/[ \t]*\/\*\*[\s\S]*?\*\/[ \t]*/g, ' ')
    .replace(/[ \t]+$/gm, '');
}
