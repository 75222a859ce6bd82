import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pack, run, type Run } from '../packaging/bare-application.ts';
import { commitOfLibrary } from './library.ts';
import { formattedPage, pageFile, readReport } from './report.ts';
import { type PublicResult, publicResultsFile, type Tests } from './public-results.ts';
import * as versions from './versions.ts';

/**
 * `node matrix/public-applications.ts FOLDER`: uses the packed library in applications of other people, with their own
 * configuration of Jest. `FOLDER/<name>` has the files of each, at its commit; they are not part of this repository. Each
 * application is copied, installed and tested as it is. Then the library is installed, one method is decorated, and the
 * tests run again, with one new spec. It writes the results and their page.
 */

/** A change of one file: text before the line that contains a given text, or in place of it. */
interface Edit {
  readonly file: string;
  readonly at: string;
  readonly insert?: string;
  readonly replace?: string;
}

interface PublicApplication {
  readonly name: string;
  readonly repository: string;
  readonly commit: string;
  readonly licence: string;
  readonly made: string;
  /** What differs from the files at the commit. */
  readonly adapted?: string;
  /** Where the application's package.json lies. */
  readonly folder: string;
  readonly packageManager: 'npm' | 'pnpm';
  /** A package of the workspace that is compiled before. */
  readonly build?: string;
  readonly decorates: string;
  readonly edits: readonly Edit[];
  /** The new spec, from the folder `applications-of-others`. */
  readonly spec: string;
  readonly specFolder: string;
}

const decorator = (name: string) => `import { ${name} } from '@breakwater/resilience/nest';\n`;
const testing = "import { ResilienceTestingModule } from '@breakwater/resilience/nest-testing';\n";

/** The line that the existing specs of a decorated class need. */
const testingModule = (file: string): readonly Edit[] => [
  { file, at: 'import { Test', insert: testing },
  { file, at: 'providers: [', insert: 'imports: [ResilienceTestingModule],\n' },
];

const links = join('src', 'links');

const applications: readonly PublicApplication[] = [
  {
    name: 'weather',
    repository: 'crmiller64/nestjs-weather-service',
    commit: 'ea135b789281507a3a6dc59a5a49f643b2195cd7',
    licence: 'MIT',
    made: 'with `nest new`',
    folder: '.',
    packageManager: 'npm',
    decorates:
      '`OpenWeatherService.getCurrentForecast` (circuit breaker, time limiter) and `ForecastController.getForecast` (time limiter)',
    edits: [
      {
        file: 'src/openweather/openweather.service.ts',
        at: '@nestjs/axios',
        insert: decorator('CircuitBreaker, TimeLimiter'),
      },
      {
        file: 'src/openweather/openweather.service.ts',
        at: 'async getCurrent',
        insert: "@CircuitBreaker('openweather')\n@TimeLimiter('openweather')\n",
      },
      { file: 'src/forecast/forecast.controller.ts', at: 'import { ForecastS', insert: decorator('TimeLimiter') },
      { file: 'src/forecast/forecast.controller.ts', at: '@Get(', insert: "@TimeLimiter('forecast')\n" },
    ],
    spec: 'openweather.service.spec.ts',
    specFolder: 'src/openweather',
  },
  {
    name: 'universities',
    repository: 'gflohr/test-nestjs-http-service',
    commit: 'e3d0c781959734b031d22854d5d17bfbdfcdaf1e',
    licence: 'WTFPL',
    made: 'with `nest new`',
    folder: '.',
    packageManager: 'npm',
    decorates: '`UniversitiesService.findByCountry`, which returns an Observable (retry)',
    edits: [
      { file: 'src/universities/universities.service.ts', at: '@nestjs/axios', insert: decorator('Retry') },
      { file: 'src/universities/universities.service.ts', at: 'findByCountry(', insert: "@Retry('universities')\n" },
      ...testingModule('src/universities/universities.service.spec.ts'),
    ],
    spec: 'universities.retry.spec.ts',
    specFolder: 'src/universities',
  },
  {
    name: 'links',
    repository: 'vercel/turborepo',
    commit: 'c67afb504f49408e3cd84ba2188e83dbb69a8584',
    licence: 'MIT',
    made: 'by hand, as an example for `create-turbo`',
    adapted:
      'Put together from files of several commits: one spec has the import of `@jest/globals` that the others have, and ' +
      'small classes have another formatting. The comments in the configuration of Jest and the packages for ESLint are left ' +
      'out, and `@nestjs/mapped-types`, which may have any version, is 2.0.5',
    folder: 'apps/api',
    packageManager: 'pnpm',
    build: 'packages/api',
    decorates: '`LinksController.findAll`, now `async` (circuit breaker)',
    edits: [
      { file: `${links}/links.controller.ts`, at: 'import { LinksS', insert: decorator('CircuitBreaker') },
      {
        file: `${links}/links.controller.ts`,
        at: 'findAll() {',
        replace: "@CircuitBreaker('links')\nasync findAll() {",
      },
      ...testingModule(`${links}/links.controller.spec.ts`),
    ],
    spec: 'links.resilience.spec.ts',
    specFolder: links,
  },
];

const node = process.execPath;
const npmFlags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];

async function check(application: PublicApplication, source: string, folder: string, archive: string) {
  await cp(source, folder, { recursive: true });
  const install = await installer(application, folder);
  await install();
  const home = join(folder, application.folder);
  if (application.build !== undefined) {
    const tsc = join(home, 'node_modules', 'typescript', 'bin', 'tsc');
    succeeded(await run(join(folder, application.build), node, [tsc, '-b']));
  }
  const before = await testsIn(home);
  await install(archive);
  for (const edit of application.edits) await apply(edit, home);
  const specFile = join(import.meta.dirname, 'applications-of-others', application.spec);
  await cp(specFile, join(home, application.specFolder, application.spec));
  return { before, after: await testsIn(home), versions: await versionsIn(home) };
}

/** Installs the application, or a further package into it. */
async function installer({ packageManager, folder }: PublicApplication, root: string) {
  if (packageManager === 'npm') {
    return async (...packages: readonly string[]) =>
      succeeded(await run(root, 'npm', ['install', ...npmFlags, ...packages]));
  }
  const tools = join(dirname(root), 'pnpm');
  succeeded(await run(dirname(root), 'npm', ['install', ...npmFlags, '--prefix', tools, `pnpm@${versions.pnpm}`]));
  const pnpm = join(tools, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');
  return async (...packages: readonly string[]) => {
    const command = packages.length === 0 ? ['install'] : ['add', ...packages];
    const flags = ['--ignore-scripts', '--prefer-offline', '--no-frozen-lockfile', '--dir', join(root, folder)];
    const options = packages.length === 0 ? flags : flags.filter((flag) => flag !== '--no-frozen-lockfile');
    succeeded(await run(root, node, [pnpm, ...command, ...options]));
  };
}

async function apply({ file, at, insert = '', replace }: Edit, folder: string): Promise<void> {
  const path = join(folder, file);
  const lines = (await readFile(path, 'utf8')).split('\n');
  const line = lines.findIndex((text) => text.includes(at));
  if (line === -1) throw new Error(`${file} has no line with '${at}'.`);
  lines.splice(line, 1, insert + (replace ?? lines[line]!));
  await writeFile(path, lines.join('\n'));
}

/** Runs Jest as the application configures it. */
async function testsIn(folder: string): Promise<Tests> {
  const output = join(folder, 'jest-results.json');
  const jest = join('node_modules', 'jest', 'bin', 'jest.js');
  const finished = await run(folder, node, [jest, '--json', `--outputFile=${output}`]);
  const text = await readFile(output, 'utf8').catch(() => undefined);
  if (text === undefined) throw new Error(finished.output);
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(text) as Record<string, number>;
  if (finished.exitCode !== 0) process.stdout.write(`${finished.output}\n`);
  return { passed: numPassedTests!, failed: numFailedTests! + (numFailedTests === 0 ? numFailedTestSuites! : 0) };
}

async function versionsIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = ['@nestjs/core', 'jest', 'ts-jest', 'typescript'];
  const read = async (name: string) => {
    const text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    return [name, (JSON.parse(text) as { readonly version: string }).version];
  };
  return Object.fromEntries(await Promise.all(names.map(read))) as Record<string, string>;
}

function succeeded({ exitCode, output }: Run): void {
  if (exitCode !== 0) throw new Error(output);
}

const [sources] = process.argv.slice(2);
if (sources === undefined) throw new Error('Usage: node matrix/public-applications.ts FOLDER');
const folder = await mkdtemp(join(tmpdir(), 'breakwater-public-'));
try {
  const { archive } = await pack(folder);
  const testedCommit = await commitOfLibrary();
  const results: PublicResult[] = [];
  for (const application of applications) {
    const { name, repository, commit, licence, made, adapted, decorates } = application;
    const checked = await check(application, join(sources, name), join(folder, name), archive);
    const date = new Date().toISOString().slice(0, 10);
    const environment = { node: process.versions.node, date, testedCommit };
    results.push({ repository, commit, licence, made, adapted, decorates, ...environment, ...checked });
    process.stdout.write(`${repository}: ${JSON.stringify(checked)}\n`);
    if (checked.before.failed + checked.after.failed > 0) process.exitCode = 1;
  }
  await writeFile(publicResultsFile, `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(pageFile, await formattedPage(await readReport()));
} finally {
  await rm(folder, { recursive: true, force: true });
}
