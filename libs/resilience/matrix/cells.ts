import { type JestMajor, jests, jestTypes, type NestMajor, type NodeMajor } from './versions.ts';

export type Platform = 'Express' | 'Fastify';
export type Format = 'CommonJS' | 'ESM';

/** A command of an application. */
export type Check =
  | 'types'
  | 'run'
  | 'jest 29'
  | 'jest 30'
  | 'vitest'
  | 'swc builder'
  | 'webpack builder'
  | 'tsx'
  | 'its own Jest'
  | 'pnpm with strict peers';

/** One application on one Node.js, and what is checked. */
export interface Cell {
  readonly nest: NestMajor;
  readonly platform: Platform;
  readonly format: Format;
  readonly node: NodeMajor;
  readonly checks: readonly Check[];
}

const nests: readonly NestMajor[] = [10, 11, 12];
const platforms: readonly Platform[] = ['Express', 'Fastify'];
const formats: readonly Format[] = ['CommonJS', 'ESM'];
const nodes: readonly NodeMajor[] = [22, 24, 26];

const everywhere: readonly Check[] = ['types', 'run', 'jest 29', 'jest 30', 'vitest'];

/** With Express in CommonJS, as most applications are; the builders do not depend on the platform. */
const builders: readonly Check[] = ['swc builder', 'webpack builder', 'tsx', 'its own Jest', 'pnpm with strict peers'];

/** The long form: every combination. */
export const all: readonly Cell[] = nests.flatMap((nest) =>
  platforms.flatMap((platform) =>
    formats.flatMap((format) =>
      nodes.map((node) => {
        const builds = platform === 'Express' && format === 'CommonJS' && node === 24;
        return { nest, platform, format, node, checks: builds ? [...everywhere, ...builders] : everywhere };
      }),
    ),
  ),
);

/** The short form: the ends of each dimension. */
export const corners: readonly Cell[] = [
  { nest: 10, platform: 'Express', format: 'CommonJS', node: 22, checks: ['types', 'run', 'jest 29'] },
  { nest: 11, platform: 'Express', format: 'CommonJS', node: 22, checks: ['its own Jest'] },
  { nest: 12, platform: 'Fastify', format: 'ESM', node: 26, checks: ['types', 'run', 'vitest'] },
];

/** A combination in which NestJS does not work without the library either. */
interface Impossible {
  readonly reason: string;
  readonly reference: string;
}

const requireOfEsModules = 'https://github.com/jestjs/jest/pull/16074';

/** `undefined` if the check is possible. The matrix runs NestJS alone to prove what is not. */
export function impossible({ nest, node }: Omit<Cell, 'checks'>, check: Check): Impossible | undefined {
  if (nest < 12) return undefined;
  if (check === 'jest 29') return { reason: 'Jest 29 cannot require ES modules', reference: requireOfEsModules };
  if (check === 'jest 30' && node < 24)
    return { reason: 'Jest 30 requires ES modules only with Node.js 24.9', reference: requireOfEsModules };
  return undefined;
}

export const jestMajor = (check: Check): JestMajor => (check === 'jest 29' ? 29 : 30);

/** The Jest of the application that has its own configuration: the one that its NestJS came with. */
export function ownJest({ nest }: Omit<Cell, 'checks'>) {
  const major = nest === 10 ? 29 : 30;
  return { jest: jests[major], types: jestTypes[major] };
}
