import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Builds the page into `dist/page`, unless it is there with the same sources: the demo runs this at every start.
 *
 * The new page replaces the old one in one step, because a console may be serving it.
 */
const project = import.meta.dirname;
const page = join(project, 'dist/page');
const hashFile = join(page, '.sources');

const sources = globSync(
  [
    'src/page/**/*.*',
    'src/protocol/*.ts',
    'vite.config.ts',
    'package.json',
    '../doctor-page/src/*',
    '../../libs/contracts/src/*.{ts,css}',
    '../../libs/resilience/src/{core,config,doctor}/**/*.ts',
    '../../load-tests/scenarios/*.{ts,json}',
  ],
  { cwd: project },
);
const hash = createHash('sha256');
for (const file of sources.filter((each) => !/\.spec\.tsx?$/.test(each)).sort()) {
  hash
    .update(`${file}\0`)
    .update(readFileSync(join(project, file)))
    .update('\0');
}
const expected = hash.digest('hex');

if (!existsSync(hashFile) || readFileSync(hashFile, 'utf8') !== expected) {
  // Imported only here, because loading vite takes longer than the comparison.
  const { build } = await import('vite');
  const fresh = join(project, `dist/page-${process.pid}`);
  const old = `${fresh}-old`;
  mkdirSync(fresh, { recursive: true });
  await build({
    configFile: join(project, 'vite.config.ts'),
    root: join(project, 'src/page'),
    logLevel: 'warn',
    build: { outDir: fresh },
  });
  writeFileSync(join(fresh, '.sources'), expected);
  if (existsSync(page)) renameSync(page, old);
  renameSync(fresh, page);
  rmSync(old, { recursive: true, force: true });
}
