import path from 'node:path';
import { compiled, nodeOptions, workspaceRoot } from '@breakwater/system-runner';
import type { Program } from './arm.ts';

/** The command of a script. */
export const node = (script: string): readonly string[] => [process.execPath, ...nodeOptions, script];

/** Creates the tables of account. */
export const migrate = node(compiled('account', 'migrate'));

const accountFrom = (name: string, script: string): Program => ({ name, command: node(script), migrate });

/** The account service in its forms. */
export const accountPrograms = {
  compiled: accountFrom('compiled', compiled('account', 'main')),
  /** With a switch between the pipeline and an empty one. */
  switchable: accountFrom('switchable', path.join(import.meta.dirname, '../switchable.ts')),
  /** The files of the image. */
  bundled: accountFrom('bundled', path.join(workspaceRoot, 'apps/account/bundle/main.js')),
} as const;
