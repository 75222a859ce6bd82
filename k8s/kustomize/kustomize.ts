import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { type Combination, k8sFolder } from './combinations.ts';
import { findProgram } from './kubernetes-programs.ts';

/** The command and first arguments of Kustomize: kubectl's, or the separate program. */
export interface Kustomize {
  readonly command: string;
  readonly args: readonly string[];
}

/** Undefined when neither is installed. */
export function findKustomize(): Kustomize | undefined {
  const kubectl = findProgram('kubectl');
  if (kubectl !== undefined) return { command: kubectl, args: ['kustomize'] };
  const kustomize = findProgram('kustomize');
  return kustomize === undefined ? undefined : { command: kustomize, args: ['build'] };
}

/** The message when Kustomize is not installed. */
export const missingKustomize =
  'NOT CHECKED: the rendered manifests of k8s/. Neither kubectl nor kustomize was found; install one of them, or run k8s/verify/control-plane/build.sh kustomize, which needs Go.';

/** @returns the objects of a combination as YAML documents. @throws Error with the message of Kustomize */
export function render({ overlay, components }: Combination, { command, args }: Kustomize): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'breakwater-kustomize-')));
  // Kustomize accepts no absolute paths.
  const below = (...path: string[]): string => relative(folder, join(k8sFolder, ...path));
  try {
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      stringify({
        resources: [below('overlays', overlay)],
        components: components.map((component) => below('components', component)),
      }),
    );
    return execFileSync(command, [...args, folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const message = (error as { stderr?: string }).stderr ?? String(error);
    throw new Error(`${basename(command)} refuses ${[overlay, ...components].join(' + ')}: ${message}`, {
      cause: error,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The name of the program. Nx runs this, so that a cached result without Kustomize is not used when there is one.
if (import.meta.main) process.stdout.write(`${findKustomize()?.command ?? 'none'}\n`);
