import path from 'node:path';
import { ownEnvironment, type ProcessSpec } from './owned-process.ts';
import { SystemFailure } from './system-failure.ts';
import { findCompiler, serviceProjects, workspaceRoot } from './workspace.ts';

/**
 * Compiles the services, in a tenth of a second when all is up to date. It is what `nx build` runs, without Nx: Nx's
 * cache, without its daemon, deletes the output and puts it back, under whatever else runs from it: another demo, or a
 * test.
 *
 * @param logs directory for the compiler's output
 */
export function compilerProcess(logs: string): ProcessSpec {
  return {
    name: 'build',
    command: process.execPath,
    args: [findCompiler(), '--build', ...serviceProjects],
    cwd: workspaceRoot,
    env: ownEnvironment({}),
    logFile: path.join(logs, 'build.log'),
  };
}

/** The compiler's own output says best what is wrong: it is shown as it is. */
export class BuildFailure extends SystemFailure {
  override readonly logFile: string;

  /** @param logFile where the compiler's output is */
  constructor(logFile: string) {
    super(
      'The services could not be compiled',
      'Correct what is wrong above; `npm ci` helps where packages are missing.',
      logFile,
    );
    this.name = 'BuildFailure';
    this.logFile = logFile;
  }
}
