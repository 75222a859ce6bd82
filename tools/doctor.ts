import { styleText } from 'node:util';
import { runDoctor } from '@breakwater/resilience/doctor';

/** `npm run doctor -- resilience.yml [options]`: explains a configuration, and finds what cannot work. See `--help`. */
process.exitCode = await runDoctor(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  // npm runs scripts at the top of the project; a relative path is meant from where the command was typed.
  folder: process.env['INIT_CWD'] ?? process.cwd(),
  paint: (look, text) => styleText(look, text, { stream: process.stdout }),
});
