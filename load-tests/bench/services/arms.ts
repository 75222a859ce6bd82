import path from 'node:path';
import { compiled, workspaceRoot } from '@breakwater/system-runner';

/** A service to start; the environment gives it its address, its database and customer. */
export interface Program {
  readonly name: string;
  readonly command: readonly string[];
  /** In addition to the variables that all services get. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command that creates its tables. */
  readonly migrate: readonly string[];
}

/** A service that opens accounts, as one arm of a comparison. */
export interface Arm {
  readonly name: ArmName;
  /** Builds it. @returns what to start, or why there is nothing to start */
  readonly build: (context: BuildContext) => Promise<Program | NotChecked>;
}

export const armNames = ['account', 'bare'] as const;
export type ArmName = (typeof armNames)[number];

/** The reason why an arm was not measured. */
export interface NotChecked {
  readonly notChecked: string;
}

export interface BuildContext {
  readonly signal: AbortSignal;
  readonly say: (what: string) => void;
}

const node = (script: string): readonly string[] => [process.execPath, '--enable-source-maps', script];

const migrate = node(compiled('account', 'migrate'));

const accountFrom = (name: string, script: string): Program => ({ name, command: node(script), migrate });

/** The account service in its forms. */
export const accountPrograms = {
  compiled: accountFrom('compiled', compiled('account', 'main')),
  /** With a switch between the pipeline and an empty one. */
  switchable: accountFrom('switchable', path.join(import.meta.dirname, '../switchable.ts')),
  /** The files of the image. */
  bundled: accountFrom('bundled', path.join(workspaceRoot, 'apps/account/bundle/main.js')),
} as const;

/** The account service as its image has it. */
const account: Arm = {
  name: 'account',
  build: async () => ({ ...accountPrograms.bundled, name: 'account' }),
};

/** The limit: the same work with nothing around it. */
const bare: Arm = {
  name: 'bare',
  build: async () => ({ name: 'bare', command: node(path.join(import.meta.dirname, 'bare.ts')), migrate }),
};

export const arms: readonly Arm[] = [account, bare];
