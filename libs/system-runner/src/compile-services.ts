import path from 'node:path';
import { ownEnvironment, type ProcessSpec } from './owned-process.ts';
import { consolePageScript, consoleProject, findCompiler, serviceProjects, workspaceRoot } from './workspace.ts';

/**
 * Compiles the services, in a tenth of a second when all is up to date. It is what `nx build` runs, without Nx: Nx's
 * cache, without its daemon, deletes the output and puts it back, under whatever else runs from it: another demo, or a
 * test.
 *
 * @param logs directory for the compiler's output
 * @param withConsole whether the console's server is wanted as well
 */
export function compilerProcess(logs: string, withConsole: boolean): ProcessSpec {
  return {
    name: 'build',
    command: process.execPath,
    args: [findCompiler(), '--build', ...serviceProjects, ...(withConsole ? [consoleProject] : [])],
    cwd: workspaceRoot,
    env: ownEnvironment({}),
    logFile: path.join(logs, 'build.log'),
  };
}

/**
 * Builds the console's page, in a second or two, or a tenth of one when nothing has changed since the last time.
 *
 * @param logs directory for its output
 */
export function pageBuilderProcess(logs: string): ProcessSpec {
  return {
    name: 'page-build',
    command: process.execPath,
    args: [consolePageScript],
    cwd: workspaceRoot,
    env: ownEnvironment({}),
    logFile: path.join(logs, 'page-build.log'),
  };
}
