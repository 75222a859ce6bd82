import { bareApplication, type BareApplication, clientPackages } from '../packaging/bare-application.ts';
import type { Outcome } from './applications.ts';

/** A compiler, in its folder of `node_modules`, and its options for modules. */
export interface Compiler {
  readonly typescript: string;
  readonly options: readonly string[];
}

/** With NestJS 11, which is CommonJS: no compiler before 5.8 lets CommonJS import the types of NestJS 12. */
const versions = {
  '@nestjs/axios': '4.0.1',
  '@nestjs/common': '11.1.9',
  '@nestjs/core': '11.1.9',
  '@nestjs/terminus': '11.0.0',
  'typescript-5.0': 'npm:typescript@5.0.4',
  'typescript-5.9': 'npm:typescript@5.9.3',
  'typescript-6.0': 'npm:typescript@6.0.3',
};

const node10 = ['--module', 'commonjs', '--moduleResolution', 'node10'];
const nodenext = ['--module', 'nodenext', '--moduleResolution', 'nodenext'];
const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler'];

/** Every supported compiler, the oldest and the newest module resolution that each has. */
export const compilers: readonly Compiler[] = [
  { typescript: 'typescript-5.0', options: node10 },
  { typescript: 'typescript-5.0', options: nodenext },
  { typescript: 'typescript-5.9', options: bundler },
  { typescript: 'typescript-6.0', options: [...node10, '--ignoreDeprecations', '6.0'] },
  { typescript: 'typescript', options: nodenext },
];

/** e.g. `TypeScript 5.0, --module nodenext --moduleResolution nodenext: types of every entry`. */
export const titleOfCompiler = ({ typescript, options }: Compiler): string =>
  `TypeScript ${typescript.split('-')[1] ?? 'of this workspace'}, ${options.join(' ')}: types of every entry`;

/** An application with every entry, all compilers and every package that the types need. @param folder outside the workspace */
export function applicationForCompilers(folder: string, archive: string): Promise<BareApplication> {
  const packages = ['reflect-metadata', 'rxjs', '@types/opossum', ...clientPackages];
  return bareApplication(folder, 'types', archive, { packages, versions, entryLists: ['entries.ts'] });
}

/** Whether the types of all entries have no errors for a compiler. */
export async function checkTypes(application: BareApplication, { typescript, options }: Compiler): Promise<Outcome> {
  const errors = await application.typeErrors(typescript, ...options);
  return { result: errors.length === 0 ? 'passed' : 'failed', output: errors.join('\n') };
}
