import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type NewFile, renderService } from './render.ts';
import { CannotMakeServiceError, readServiceName, type ServiceName } from './service-name.ts';

/** What was made. */
export interface MadeService {
  readonly service: ServiceName;
  /** Where it listens unless told otherwise. */
  readonly port: number;
  readonly files: readonly NewFile[];
}

/**
 * Makes `apps/<name>` and `e2e/<name>`: both, or nothing.
 *
 * @param root the top of the project
 * @throws CannotMakeServiceError when the name is none, or taken
 */
export async function makeService(root: string, nameText: string): Promise<MadeService> {
  const service = readServiceName(nameText);
  const folders = [`apps/${service.name}`, `e2e/${service.name}`];
  for (const folder of folders) {
    if (existsSync(path.join(root, folder))) {
      throw new CannotMakeServiceError(`${folder} is there already: choose another name, or remove it.`);
    }
  }
  const port = nextPort(root);
  const files = await renderService(root, service, port);

  // Written aside and moved: whoever looks sees all of a folder or none of it.
  const aside = mkdtempSync(path.join(root, '.new-service-'));
  const moved: string[] = [];
  try {
    for (const file of files) write(path.join(aside, file.path), file.text);
    for (const folder of folders) {
      mkdirSync(path.dirname(path.join(root, folder)), { recursive: true });
      renameSync(path.join(aside, folder), path.join(root, folder));
      moved.push(folder);
    }
  } catch (error) {
    for (const folder of moved) rmSync(path.join(root, folder), { recursive: true });
    throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return { service, port, files };
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The one after the highest that a service has for a default. */
function nextPort(root: string): number {
  const configurations = globSync('apps/*/src/*.config.ts', { cwd: root });
  const ports = configurations.flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/\bport(?:: |\(\)\.default\()(?<port>\d{4,5})/g)].map(
      ({ groups }) => Number(groups?.['port']),
    ),
  );
  return Math.max(3000, ...ports) + 1;
}
