import type { ShippedFiles } from '@housecount/server/shipped-files';
import { listen } from './commands/listen.ts';
import { reload } from './commands/reload.ts';
import { repair } from './commands/repair.ts';
import { replay } from './commands/replay.ts';
import { serveCommand } from './commands/serve.ts';
import { simulate } from './commands/simulate.ts';
import { token } from './commands/token.ts';
import { trigger } from './commands/trigger.ts';
import { verify } from './commands/verify.ts';
import { followLauncher } from './launcher.ts';
import { runCommands } from './run.ts';

/** Runs the command that this process was called with, and ends the process with its status. `files`: where they are, unless in the repository. */
export async function housecount(files?: ShippedFiles): Promise<void> {
  followLauncher();
  const status = await runCommands(
    [serveCommand(files), reload, token, simulate, listen, verify, trigger, replay, repair],
    process.argv.slice(2),
    {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      env: process.env,
    },
  );
  // Waiting for the launcher holds the process open; what was written goes out first.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
}
