import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { packageFolder, publishedFolder } from './entries.ts';
import { publishedManifest, sourceEntries, type SourceEntry, type SourceManifest } from './manifest.ts';
import { publishedPage } from './page.ts';

/**
 * `node packaging/build.ts [--repository URL]`: makes the package for npm in `package/`, from the compiler's output in `dist/`.
 *
 * The code is CommonJS, so that Jest and older tools can load it. ES modules get wrappers without code of their own: a process
 * that uses both forms has one set of classes and injection tokens. The compiler's output is only bundled, which keeps the
 * metadata of decorators.
 */
const { repository } = parseArgs({ options: { repository: { type: 'string' } } }).values;

const compiledFolder = join(packageFolder, 'dist');
const codeFolder = join(publishedFolder, 'dist');

/** The code of `nest add`, which the Nest CLI loads by its collection. */
const schematic = 'schematics/nest-add';

/** Writes the code of all entries and of the schematic, and returns the names that each exports. */
async function bundle(entries: readonly SourceEntry[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const bundled = await rolldown({
    input: Object.fromEntries(
      [...entries.map(({ file }) => file), schematic].map((file) => [file, join(compiledFolder, `${file}.js`)]),
    ),
    platform: 'node',
    external: /^[^./]/,
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(message);
    },
    plugins: [
      {
        name: 'source maps of the compiler',
        async load(id) {
          return { code: await readFile(id, 'utf8'), map: await readFile(`${id}.map`, 'utf8') };
        },
      },
    ],
  });
  const { output } = await bundled.write({
    dir: codeFolder,
    format: 'cjs',
    exports: 'named',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    sourcemap: true,
    // The sources are copied from the folder of the workspace into that of the package, which is in it.
    sourcemapPathTransform: (source) => source.replace('../', ''),
    dynamicImportInCjs: false,
    keepNames: true,
  });
  await bundled.close();
  return new Map(
    output.flatMap((file) => (file.type === 'chunk' && file.isEntry ? [[file.name, file.exports] as const] : [])),
  );
}

/** Writes the ES module of an entry: the same objects, by name. */
async function wrap({ file }: SourceEntry, names: readonly string[]): Promise<void> {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const exported = names.map((each) => `  ${each},\n`).join('');
  await writeFile(join(codeFolder, `${file}.mjs`), `export {\n${exported}} from './${name}.js';\n`);
  await writeFile(join(codeFolder, `${file}.d.mts`), `export * from './${name}.js';\n`);
}

/** Copies the types. They import compiled files: not every compiler that reads them accepts the extension `.ts`. */
async function copyTypes(): Promise<void> {
  for (const file of await readdir(compiledFolder, { recursive: true })) {
    const target = join(codeFolder, file);
    if (file.endsWith('.d.ts')) {
      const types = await readFile(join(compiledFolder, file), 'utf8');
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, types.replaceAll(/((?:\bfrom |\bimport\()['"]\.[^'"]*)\.ts(?=['"])/g, '$1.js'));
    } else if (file.endsWith('.d.ts.map')) await cp(join(compiledFolder, file), target);
  }
}

async function copyCollection(): Promise<void> {
  const collection = 'schematics/collection.json';
  await cp(join(packageFolder, 'src', collection), join(codeFolder, collection));
}

/** Source maps lead to the sources. */
async function copySources(): Promise<void> {
  await cp(join(packageFolder, 'src'), join(publishedFolder, 'src'), {
    recursive: true,
    filter: (path) => !/\.spec\.ts$|\.fixture\./.test(relative(packageFolder, path).split(sep).join('/')),
  });
}

async function copyPages(version: string): Promise<void> {
  const root = join(packageFolder, '..', '..');
  const pages = { 'README.md': packageFolder, 'api.md': packageFolder, 'CHANGELOG.md': root };
  for (const [page, folder] of Object.entries(pages)) {
    const text = await readFile(join(folder, page), 'utf8');
    const location = relative(root, folder).split(sep).join('/');
    const target = { published: Object.keys(pages), location, repository, version };
    await writeFile(join(publishedFolder, page), publishedPage(text, target));
  }
  await cp(join(packageFolder, 'LICENSE'), join(publishedFolder, 'LICENSE'));
}

const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as SourceManifest;
const entries = sourceEntries(manifest);
await rm(publishedFolder, { recursive: true, force: true });
const exported = await bundle(entries);
await copyTypes();
for (const entry of entries) await wrap(entry, exported.get(entry.file) ?? []);
await copyCollection();
await copySources();
await copyPages(manifest.version);
const published = publishedManifest(manifest, entries, repository);
await writeFile(join(publishedFolder, 'package.json'), `${JSON.stringify(published, undefined, 2)}\n`);
