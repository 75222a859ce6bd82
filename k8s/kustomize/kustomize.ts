import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { type Combination, k8sFolder } from './combinations.ts';
import { findProgram } from './kubernetes-programs.ts';

/** Kustomize as a command and its first arguments: that of kubectl, or the one that stands alone. */
export interface Kustomize {
  readonly command: string;
  readonly args: readonly string[];
}

/** Undefined where there is neither. */
export function findKustomize(): Kustomize | undefined {
  const kubectl = findProgram('kubectl');
  if (kubectl !== undefined) return { command: kubectl, args: ['kustomize'] };
  const kustomize = findProgram('kustomize');
  return kustomize === undefined ? undefined : { command: kustomize, args: ['build'] };
}

/** What to say where there is none. */
export const missingKustomize =
  'NOT CHECKED: what Kustomize makes of k8s/. There is no kubectl and no kustomize here; put one of them on the PATH, or run k8s/verify/control-plane/build.sh kustomize, which takes Go.';

/** @returns the objects of a combination as YAML, a document each. @throws Error with what Kustomize says against it */
export function render({ overlay, components }: Combination, { command, args }: Kustomize): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'breakwater-kustomize-')));
  // Kustomize takes no absolute paths.
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
    const said = (error as { stderr?: string }).stderr ?? String(error);
    throw new Error(`${basename(command)} refuses ${[overlay, ...components].join(' + ')}: ${said}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
