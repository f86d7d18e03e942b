import { listen } from './commands/listen.ts';
import { reload } from './commands/reload.ts';
import { repair } from './commands/repair.ts';
import { replay } from './commands/replay.ts';
import { serve } from './commands/serve.ts';
import { simulate } from './commands/simulate.ts';
import { token } from './commands/token.ts';
import { trigger } from './commands/trigger.ts';
import { verify } from './commands/verify.ts';
import { followLauncher } from './launcher.ts';
import { runCommands } from './run.ts';

followLauncher();
const status = await runCommands(
  [serve, reload, token, simulate, listen, verify, trigger, replay, repair],
  process.argv.slice(2),
  {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    env: process.env,
  },
);
// Waiting for the launcher holds the process open; what was written goes out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
