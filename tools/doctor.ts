import { styleText } from 'node:util';
import { runDoctor } from '@breakwater/resilience/doctor';
import { progressOn } from '@breakwater/system-runner/progress';
import { stormWorkers } from './storm-workers.ts';

const progress = progressOn(process.stderr);

/** `npm run doctor -- resilience.yml [options]`: explains a configuration, and finds mistakes in it. See `--help`. */
process.exitCode = await runDoctor(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  // npm runs scripts in the workspace root; relative paths refer to the folder where the command was typed.
  folder: process.env['INIT_CWD'] ?? process.cwd(),
  workers: stormWorkers,
  progress: (text) => (text === '' ? progress.clear() : progress.say(text)),
  paint: (style, text) => styleText(style, text, { stream: process.stdout }),
});
