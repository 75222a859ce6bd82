/** The part of the workspace's `package.json` that the published one is made from. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly sideEffects: boolean;
  readonly engines: object;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly peerDependencies: object;
  readonly peerDependenciesMeta: object;
}

/** An entry in the workspace's `package.json`. */
export interface SourceEntry {
  /** Its path in `exports`, e.g. `./nest`. */
  readonly path: string;
  /** Its compiled file in `dist`, without the extension, e.g. `nest/index`. */
  readonly file: string;
}

/** The entries with code, in the order of package.json. */
export function sourceEntries({ exports }: Pick<SourceManifest, 'exports'>): readonly SourceEntry[] {
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [{ path, file: target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1') }],
  );
}

const folder = 'libs/resilience';

/**
 * The `package.json` for npm. Requires get CommonJS, imports its ES module wrappers; `main`, `types` and `typesVersions` are for
 * compilers that do not read `exports`.
 *
 * @param repository the address of the repository on its host, e.g. of GitHub; without it, no address is named
 */
export function publishedManifest(
  { exports: _exports, ...manifest }: SourceManifest,
  entries: readonly SourceEntry[],
  repository: string | undefined,
): object {
  const { name, version, description, keywords, license, sideEffects, engines, ...rest } = manifest;
  const { peerDependencies, peerDependenciesMeta } = rest;
  const [main] = entries;
  if (main === undefined) throw new Error('package.json exports nothing.');
  return {
    name,
    version,
    description,
    keywords,
    license,
    ...(repository === undefined ? {} : addresses(repository)),
    type: 'commonjs',
    sideEffects,
    engines,
    main: `./dist/${main.file}.js`,
    types: `./dist/${main.file}.d.ts`,
    typesVersions: {
      '*': Object.fromEntries(
        entries.filter((entry) => entry !== main).map(({ path, file }) => [path.slice(2), [`./dist/${file}.d.ts`]]),
      ),
    },
    exports: {
      ...Object.fromEntries(
        entries.map(({ path, file }) => [
          path,
          {
            import: { types: `./dist/${file}.d.mts`, default: `./dist/${file}.mjs` },
            default: { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` },
          },
        ]),
      ),
      './package.json': './package.json',
    },
    schematics: './dist/schematics/collection.json',
    peerDependencies,
    peerDependenciesMeta,
    publishConfig: { access: 'public' },
  };
}

function addresses(repository: string): object {
  return {
    homepage: `${repository}/tree/main/${folder}#readme`,
    repository: { type: 'git', url: `git+${repository}.git`, directory: folder },
    bugs: { url: `${repository}/issues` },
  };
}
