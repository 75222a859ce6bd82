// Runs a program of this workspace: `node tools/run.mjs FILE [ARGUMENT...]`, FILE relative to the working directory.
//
// Every npm script that starts a program starts it through this file, so the Node version is checked in one place. It is plain
// JavaScript because it also has to run on the versions that it refuses.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const requiredMajor = 24;
const [file, ...args] = process.argv.slice(2);

if (Number.parseInt(process.versions.node, 10) < requiredMajor) {
  process.stderr.write(
    `Breakwater needs Node.js ${requiredMajor} or newer, but ${process.execPath} is ${process.version}.\n` +
      `On Linux and Windows (x64, and arm64 on Linux), "npm ci" installs it with the optional dependencies: ` +
      `run "npm ci --include=optional".\n` +
      `On other systems, install Node.js ${requiredMajor}, for example with a version manager that reads .nvmrc.\n`,
  );
  process.exit(1);
}

// The program finds its arguments where it would if Node had started it directly.
const program = resolve(file);
process.argv.splice(1, process.argv.length, program, ...args);
await import(pathToFileURL(program).href);
