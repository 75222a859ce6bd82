import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Builds the page into `dist/page`, unless what is there was made of the same: the demo asks for it with every start.
 *
 * The new page takes the old one's place at once, since a console may be serving from there.
 */
const project = import.meta.dirname;
const page = join(project, 'dist/page');
const stamp = join(page, '.made-of');

const madeOf = (): string => {
  const hash = createHash('sha256');
  const sources = globSync(
    [
      'src/page/**/*.*',
      'src/protocol/*.ts',
      'vite.config.ts',
      'package.json',
      '../../load-tests/scenarios/*.{ts,json}',
    ],
    { cwd: project },
  );
  for (const file of sources.filter((each) => !/\.spec\.tsx?$/.test(each)).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(project, file)))
      .update('\0');
  }
  return hash.digest('hex');
};

const wanted = madeOf();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  // Loading it takes longer than finding out that it is not needed.
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
  writeFileSync(join(fresh, '.made-of'), wanted);
  if (existsSync(page)) renameSync(page, old);
  renameSync(fresh, page);
  rmSync(old, { recursive: true, force: true });
}
