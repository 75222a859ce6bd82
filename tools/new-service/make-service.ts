import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CannotMakeServiceError, type NewFile, readServiceName, renderService, type ServiceName } from './render.ts';

/** A service that was written. */
export interface MadeService {
  readonly service: ServiceName;
  /** The default port. */
  readonly port: number;
  readonly files: readonly NewFile[];
}

/**
 * Writes `apps/<name>` and `e2e/<name>`: both or neither.
 *
 * @param root the root of the workspace
 * @throws CannotMakeServiceError if the name is not valid or taken
 */
export async function makeService(root: string, nameText: string): Promise<MadeService> {
  const service = readServiceName(nameText);
  const folders = [`apps/${service.name}`, `e2e/${service.name}`];
  for (const folder of folders) {
    if (existsSync(path.join(root, folder))) {
      throw new CannotMakeServiceError(`${folder} already exists: choose another name, or remove it.`);
    }
  }
  const port = nextPort(root);
  const files = await renderService(root, service, port);

  // The folders are written elsewhere and moved, so that no folder is ever incomplete.
  const temporary = mkdtempSync(path.join(root, '.new-service-'));
  const moved: string[] = [];
  try {
    for (const file of files) write(path.join(temporary, file.path), file.text);
    for (const folder of folders) {
      mkdirSync(path.dirname(path.join(root, folder)), { recursive: true });
      renameSync(path.join(temporary, folder), path.join(root, folder));
      moved.push(folder);
    }
  } catch (error) {
    for (const folder of moved) rmSync(path.join(root, folder), { recursive: true });
    throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return { service, port, files };
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** One more than the highest default port of a service. */
function nextPort(root: string): number {
  const configurations = globSync('apps/*/src/*.config.ts', { cwd: root });
  const ports = configurations.flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/\bport(?:: |\(\)\.default\()(?<port>\d{4,5})/g)].map(
      ({ groups }) => Number(groups?.['port']),
    ),
  );
  return Math.max(3000, ...ports) + 1;
}

/** The commands to run next, in order. */
export const nextCommands = ({ service: { name } }: MadeService): readonly string[] => [
  'npm install',
  'npm run generate contracts',
  `npx oxlint --type-aware --deny-warnings apps/${name} e2e/${name}`,
  `npx nx run-many -t typecheck test e2e -p @breakwater/${name},@breakwater/${name}-e2e`,
];

/** What the command prints: what was written, and what to do next. */
export function nextSteps(made: MadeService): string {
  const { service, port, files } = made;
  const { name, NAME } = service;
  return `Wrote ${files.length} files to apps/${name} and e2e/${name}. The service listens on port ${port} by default.

Run these commands to install the workspace, generate the contract and check the service:

${nextCommands(made)
  .map((command) => `  ${command}`)
  .join('\n')}

To build an image, add this option to npm ci in the stage \`toolchain\` of the Dockerfile:

  --workspace=@breakwater/${name}

To run it in containers, add a role for it to compose/postgres/create-roles.sh, and this to docker-compose.yml:

  ${name}:
    <<: *hardened
    image: breakwater/${name}:\${BREAKWATER_VERSION:-local}
    build:
      <<: *build
      args: { <<: *build-args, APP: ${name} }
    environment:
      PORT: ${port}
      DATABASE_URL_FILE: /run/secrets/${name}-service-url
      ${NAME}_GREETING: Hello
    secrets: [${name}-service-url]
    networks: [back, data]
    healthcheck: *ready
    stop_grace_period: 20s
    deploy: *service-limits

To let lint reject imports of other applications, add this to .oxlintrc.json:

  { "files": ["apps/${name}/**/*.ts"], "rules": { "no-restricted-imports": ["error", { "patterns": [
    { "regex": "^@breakwater/(account|customer|console|demo|system-runner)", "message": "Applications never import each other; they use HTTP." }
  ] }] } }
`;
}
