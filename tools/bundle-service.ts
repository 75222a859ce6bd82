import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

/**
 * `node tools/bundle-service.ts apps/account [lab/main]`: bundles a compiled service (`dist`) and all that it imports into a few
 * files in `bundle`. A service spends most of its start on finding and loading two thousand modules; a bundle has a few.
 *
 * The input is the compiler's output, so decorators and their metadata are kept. Whichever entry is bundled, `main` by default, is
 * `bundle/main.js`, and all code is directly in `bundle`: `../resilience.yml` is the same file as from `dist`.
 */
const workspaceRoot = path.join(import.meta.dirname, '..');

/** Optional packages that are not installed, and packages that read files next to their own. */
const external = [
  '@as-integrations/fastify',
  '@fastify/multipart',
  '@fastify/view',
  '@nestjs/platform-express',
  'class-transformer',
  'class-validator',
  'pg-native',
  'pino-pretty',
  'swagger-ui-dist',
];

/**
 * Optional packages of Nest that no service uses. They are installed for tests of the library: a service that found them
 * would load them, and Nest a second time.
 */
const unused = ['@nestjs/microservices', '@nestjs/websockets'];

/** Importing one fails, as if it were not installed; Nest expects that. */
const withoutUnused: Plugin = {
  name: 'unused packages',
  resolveId: (id) => (isOneOf(unused, id) ? { id: `unused:${id}`, external: true } : null),
};

/** OpenTelemetry's SDK and exporters are in a file of their own, which is loaded only when an endpoint is set. */
const sdk = String.raw`[\\/]node_modules[\\/]@opentelemetry[\\/](?:exporter-|otlp-|resources|sdk-)`;
const telemetry = { name: 'telemetry', test: new RegExp(sdk) };

/**
 * All other packages go into one file without a source map, because reading that map takes as long as loading the packages. The
 * service's own code keeps its source maps. This group comes first, so that it also has what the SDK imports of it.
 */
const packages = {
  name: 'packages',
  test: new RegExp(String.raw`^(?!.*${sdk}).*[\\/]node_modules[\\/]`),
  priority: 1,
};

/** Reads the compiler's source maps, so that stack traces lead to the sources. */
const compilerMaps: Plugin = {
  name: 'source maps of the compiler',
  load(id) {
    const map = `${id}.map`;
    if (/[\\/]node_modules[\\/]/.test(id) || !existsSync(map)) return null;
    return { code: readFileSync(id, 'utf8'), map: readFileSync(map, 'utf8') };
  },
};

function isOneOf(packageNames: readonly string[], id: string): boolean {
  return packageNames.some((each) => id === each || id.startsWith(`${each}/`));
}

async function bundle(app: string, entry: string): Promise<void> {
  const project = path.join(workspaceRoot, app);
  const compiled = path.join(project, 'dist');
  const input = { main: path.join(compiled, `${entry}.js`), migrate: path.join(compiled, 'migrate.js') };
  for (const file of Object.values(input))
    if (!existsSync(file)) throw new Error(`${file} is missing: build ${app} first`);

  const temporary = path.join(project, `bundle-${process.pid}`);
  const bundled = await rolldown({
    input,
    platform: 'node',
    external: (id) => isOneOf(external, id),
    plugins: [withoutUnused, compilerMaps],
    onLog: (_level, { code, message }) => {
      // Other warnings are about the packages' own code; a missing module would fail at run time.
      if (code === 'UNRESOLVED_IMPORT') throw new Error(message);
    },
  });
  await bundled.write({
    dir: temporary,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    sourcemap: true,
    codeSplitting: { groups: [packages, telemetry] },
  });
  await bundled.close();
  for (const { name } of [packages, telemetry]) dropMap(path.join(temporary, `${name}.js`));
  const target = path.join(project, 'bundle');
  rmSync(target, { recursive: true, force: true });
  renameSync(temporary, target);
}

function dropMap(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, ''));
  rmSync(`${file}.map`);
}

const [app, entry = 'main'] = process.argv.slice(2);
if (app === undefined) {
  process.stderr.write('Usage: node tools/bundle-service.ts apps/SERVICE [ENTRY]\n');
  process.exitCode = 2;
} else await bundle(app, entry);
