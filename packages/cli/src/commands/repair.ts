import { loadConfig } from '@housecount/server/config/load';
import { type Command, text } from '../command.ts';

/** `housecount repair`: looks over a data folder and mends what can be mended. */
export const repair: Command = {
  name: 'repair',
  summary: 'look over the data folder of a stopped server, and mend what can be mended',
  examples: [
    'housecount repair --data-dir /var/lib/housecount --dry-run',
    'housecount repair --data-dir /var/lib/housecount',
  ],
  options: {
    config: { type: 'string', value: 'FILE', help: 'Configuration that names the data folder.' },
    'data-dir': { type: 'string', value: 'DIR', help: 'The data folder. Default ./data.' },
    'dry-run': { type: 'boolean', help: 'Only say what is wrong and what would be done.' },
    json: { type: 'boolean', help: 'Print what was found as one JSON object.' },
  },
  notes: `
Nothing is deleted: what is taken out is kept in the data folder, under repaired-TIME. Take a copy of the folder all the same.
Exit status 0: nothing is wrong, or all of it was mended. 1: something is wrong still.`,
  async run(values, terminal) {
    const file = text(values, 'config') ?? (terminal.env.HOUSECOUNT_CONFIG || undefined);
    const { dataDir } = loadConfig({
      ...(file !== undefined && { file }),
      env: terminal.env,
      overrides: { dataDir: text(values, 'data-dir') },
    });
    const { repairDataFolder } = await import('@housecount/server/data/repair');
    const isDryRun = values['dry-run'] === true;
    const done = await repairDataFolder(dataDir, { isDryRun, nowMs: Date.now() });
    const isWrong = done.findings.some(({ remedy, advice }) =>
      isDryRun ? true : remedy === undefined && advice,
    );
    if (values.json === true) terminal.out(`${JSON.stringify({ ...done, isDryRun })}\n`);
    else {
      for (const { file: path, problem, remedy, advice } of done.findings) {
        const mended =
          remedy === undefined ? `  ${advice ?? ''}` : `  ${isDryRun ? 'Would do' : 'Done'}: ${remedy}`;
        terminal.out(`${path}\n  ${problem}\n${mended}\n`);
      }
      if (done.findings.length === 0) terminal.out(`${done.folder}: nothing is wrong.\n`);
      if (done.keptIn !== undefined) terminal.out(`What was taken out is kept in ${done.keptIn}\n`);
    }
    return isWrong ? 1 : 0;
  },
};
