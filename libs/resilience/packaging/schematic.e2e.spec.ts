import { HostTree } from '@angular-devkit/schematics';
import { SchematicTestRunner, UnitTestTree } from '@angular-devkit/schematics/testing/index.js';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadResilienceConfig } from '../src/config/load-resilience-config.ts';
import { startUpWarnings } from '../src/doctor/diagnose.ts';
import { instancesOf } from '../src/doctor/instance.ts';
import { createRegistries } from '../src/core/policies.ts';
import { publishedFolder } from './entries.ts';

/** The collection that the manifest of a package names, as the Nest CLI finds it. */
async function collectionOf(manifest: string): Promise<string> {
  const { schematics } = JSON.parse(await readFile(manifest, 'utf8')) as { readonly schematics: string };
  return join(dirname(manifest), schematics);
}

const { resolve } = createRequire(import.meta.url);
const nest = new SchematicTestRunner('nest', await collectionOf(resolve('@nestjs/schematics/package.json')));
let own: SchematicTestRunner;
let application: UnitTestTree;

/** The files that `nest new` writes. */
beforeEach(async () => {
  own = new SchematicTestRunner('own', await collectionOf(join(publishedFolder, 'package.json')));
  const created = await nest.runSchematic('application', { name: 'shop' });
  application = new UnitTestTree(new HostTree());
  for (const file of created.files) application.create(file.replace('/shop/', '/'), created.readText(file));
});

const add = (options = {}) => own.runSchematic('nest-add', { sourceRoot: 'src', ...options }, application);

describe('nest add @breakwater/resilience', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breakwater-schematic-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('imports the module into the root module of a new application', async () => {
    const { readText } = await add().then((tree) => ({ readText: (file: string) => tree.readText(file) }));

    expect(readText('src/app.module.ts')).toContain(
      "import { ResilienceModule } from '@breakwater/resilience/nest';\n\n@Module({\n" +
        "  imports: [ResilienceModule.forRoot({ configFiles: ['resilience.yml'] })],\n",
    );
  });

  it('writes a configuration without warnings', async () => {
    const tree = await add();

    const file = join(folder, 'resilience.yml');
    await writeFile(file, tree.readText('resilience.yml'));
    const config = await loadResilienceConfig({ files: [file], env: {} });
    expect(config.warnings).toStrictEqual([]);
    const registries = createRegistries(config);
    const breaker = registries.circuitBreaker.getOrCreate('customer');
    registries.timeLimiter.getOrCreate('customer');
    expect(breaker.config.slowCallDurationThreshold).toBe(2_000);
    expect(startUpWarnings(instancesOf(registries))).toStrictEqual([]);
  });

  it('adds the package that reads the configuration, and installs it', async () => {
    const tree = await add();

    const { dependencies } = JSON.parse(tree.readText('package.json')) as { dependencies: Record<string, string> };
    expect(dependencies['yaml']).toBe('^2.0.0');
    expect(Object.keys(dependencies)).toStrictEqual(Object.keys(dependencies).sort());
    expect(own.tasks).toStrictEqual([{ name: 'node-package', options: { command: 'install' } }]);
  });

  it('changes nothing the second time', async () => {
    const first = await add();
    const texts = first.files.map((file) => first.readText(file));

    const second = await own.runSchematic('nest-add', { sourceRoot: 'src' }, first);

    expect(second.files.map((file) => second.readText(file))).toStrictEqual(texts);
  });

  it.each([
    ['./shop/shop.module', 'src/shop/shop.module.ts'],
    ['./shop/shop.module.js', 'src/shop/shop.module.ts'],
    ['src/shop/shop.module', 'src/shop/shop.module.ts'],
  ])('finds the root module that main.ts imports from %s', async (specifier, file) => {
    application.rename('src/app.module.ts', file);
    application.overwrite(file, application.readText(file).replaceAll('AppModule', 'ShopModule'));
    application.overwrite(
      'src/main.ts',
      `import { NestFactory } from '@nestjs/core';\nimport { ShopModule } from '${specifier}';\n` +
        'void NestFactory.create<NestExpressApplication>(ShopModule, { bufferLogs: true });\n',
    );

    const tree = await add();

    expect(tree.readText(file)).toContain('ResilienceModule.forRoot(');
  });

  it('fails with the option to give if it does not find the root module', async () => {
    application.delete('src/app.module.ts');

    await expect(add()).rejects.toThrow(
      'src/app.module.ts does not exist. Give the file of the root module: --module=src/app.module.ts.',
    );
  });
});
