import { posix } from 'node:path';
import { importModule } from './import-module.ts';

/** The part of a tree of @angular-devkit/schematics that is used here, so that the package does not need it. */
interface Tree {
  exists(path: string): boolean;
  readText(path: string): string;
  create(path: string, content: string): void;
  overwrite(path: string, content: string): void;
}

interface SchematicContext {
  readonly logger: { info(message: string): void };
  addTask(task: { toConfiguration(): { name: string; options: object } }): unknown;
}

/** The options of `nest add @breakwater/resilience`. */
interface NestAddOptions {
  /** The folder of the sources; `src` by default. */
  readonly sourceRoot?: string;
  /** The file of the root module; by default the module that `main.ts` passes to NestFactory. */
  readonly module?: string;
}

const configFile = 'resilience.yml';

const firstConfiguration = `# The policies by the names that decorators and pipelines use, with the keys of Resilience4j.
# The configurations "default" apply to every instance; "instances" has the options of one name.
resilience4j.circuitbreaker:
  configs:
    default:
      slidingWindowSize: 20
      minimumNumberOfCalls: 10
      failureRateThreshold: 50
      slowCallDurationThreshold: 2s
      slowCallRateThreshold: 80
      waitDurationInOpenState: 10s
resilience4j.timelimiter:
  configs:
    default:
      timeoutDuration: 3s
`;

/**
 * The schematic of `nest add @breakwater/resilience`: imports `ResilienceModule` into the root module, writes a first
 * `resilience.yml`, and adds the package that reads it. What exists already stays as it is.
 *
 * @returns the rule
 */
export function nestAdd(options: NestAddOptions = {}): (tree: Tree, context: SchematicContext) => void {
  return (tree, context) => {
    const { file, name } = rootModule(tree, options);
    const before = tree.readText(file);
    if (/\bResilienceModule\b/.test(before)) {
      context.logger.info(`${file} imports ResilienceModule already.`);
    } else {
      const module = `ResilienceModule.forRoot({ configFiles: ['${configFile}'] })`;
      tree.overwrite(
        file,
        importModule(before, { file, className: name, module, from: '@breakwater/resilience/nest' }),
      );
    }
    if (tree.exists(configFile)) context.logger.info(`${configFile} exists already.`);
    else tree.create(configFile, firstConfiguration);
    addYaml(tree, context);
  };
}

/** The package that reads `resilience.yml`, which is an optional peer. */
function addYaml(tree: Tree, context: SchematicContext): void {
  const text = tree.readText('package.json');
  const manifest = JSON.parse(text) as { dependencies?: Record<string, string> };
  if (manifest.dependencies?.['yaml'] !== undefined) return;
  const dependencies = { ...manifest.dependencies, yaml: '^2.0.0' };
  const sorted = Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)));
  tree.overwrite('package.json', `${JSON.stringify({ ...manifest, dependencies: sorted }, undefined, 2)}\n`);
  context.addTask({ toConfiguration: () => ({ name: 'node-package', options: { command: 'install' } }) });
}

interface RootModule {
  readonly file: string;
  /** Its class, if `main.ts` names it. */
  readonly name: string | undefined;
}

/** @throws Error if its file does not exist */
function rootModule(tree: Tree, { sourceRoot = 'src', module }: NestAddOptions): RootModule {
  const main = posix.join(sourceRoot, 'main.ts');
  const found = tree.exists(main) ? moduleOfMain(tree, main) : undefined;
  const file = module ?? found?.file ?? posix.join(sourceRoot, 'app.module.ts');
  if (tree.exists(file)) return { file, name: module === undefined ? found?.name : undefined };
  throw new Error(`${file} does not exist. Give the file of the root module: --module=src/app.module.ts.`);
}

/** The module that `main.ts` passes to NestFactory, and the file that it imports it from. */
function moduleOfMain(tree: Tree, main: string): RootModule | undefined {
  const text = tree.readText(main);
  const [, name] = /\bNestFactory\s*\.\s*create\w*\s*(?:<[^(]*>)?\s*\(\s*([\w$]+)/.exec(text) ?? [];
  if (name === undefined) return undefined;
  const imports = [...text.matchAll(/\bimport\s+([^'"]*?)\s+from\s*['"]([^'"]+)['"]/g)];
  const [, , specifier] = imports.find(([, names = '']) => names.split(/[^\w$]+/).includes(name)) ?? [];
  if (specifier === undefined) return { file: main, name };
  const path = specifier.startsWith('.') ? posix.join(posix.dirname(main), specifier) : specifier;
  const file = `${path.replace(/\.[jt]s$/, '')}.ts`;
  return tree.exists(file) ? { file, name } : undefined;
}
