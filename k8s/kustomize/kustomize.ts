import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { findKubernetesProgram } from './kubernetes-programs.ts';

export const k8sFolder = join(import.meta.dirname, '..');

/** An overlay with components. */
export interface Combination {
  readonly overlay: string;
  readonly components: readonly string[];
}

const foldersIn = (folder: string): string[] =>
  readdirSync(join(k8sFolder, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();

export const overlays = foldersIn('overlays');
const components = foldersIn('components');

/**
 * Components that an overlay cannot have: `production` includes the policies, which only it can leave out, and the
 * PostgreSQL of `local` has not enough connections for the replicas of KEDA's autoscaler.
 */
const excluded: Readonly<Record<string, readonly string[]>> = {
  local: ['without-network-policies', 'keda-autoscaling'],
  production: ['network-policies'],
};

/** Components of which one is enough. */
export const alternatives: readonly string[] = ['custom-metric-autoscaling', 'keda-autoscaling'];

/** The components that an overlay can have. */
export const componentsFor = (overlay: string): readonly string[] =>
  components.filter((component) => excluded[overlay]?.includes(component) !== true);

/** Every overlay with every set of components that it can have. */
export const combinations: readonly Combination[] = overlays.flatMap((overlay) =>
  subsetsOf(componentsFor(overlay))
    .filter((components) => !alternatives.every((each) => components.includes(each)))
    .map((components) => ({ overlay, components })),
);

/** Whether the manifests of a combination contain the network policies. */
export const hasPolicies = ({ overlay, components }: Combination): boolean =>
  overlay === 'production' ? !components.includes('without-network-policies') : components.includes('network-policies');

/** e.g. `local + monitoring`. */
export const titleOf = ({ overlay, components }: Combination): string => [overlay, ...components].join(' + ');

/** Smaller ones first. */
function subsetsOf<T>(all: readonly T[]): T[][] {
  const subsets = all.reduce<T[][]>((sets, one) => sets.concat(sets.map((set) => [...set, one])), [[]]);
  return subsets.toSorted((one, other) => one.length - other.length);
}

/** Deployments with one replica by design, without autoscaler and disruption budget. A comment in each explains why. */
export const alone: readonly string[] = ['console', 'otel-collector', 'jaeger'];

/** The command and first arguments of Kustomize: kubectl's, or the separate program. Undefined when neither is installed. */
export function findKustomize(): { readonly command: string; readonly args: readonly string[] } | undefined {
  const kubectl = findKubernetesProgram('kubectl');
  if (kubectl !== undefined) return { command: kubectl, args: ['kustomize'] };
  const kustomize = findKubernetesProgram('kustomize');
  return kustomize === undefined ? undefined : { command: kustomize, args: ['build'] };
}

/** The message when Kustomize is not installed. */
export const missingKustomize =
  'NOT CHECKED: the rendered manifests of k8s/. Neither kubectl nor kustomize was found; install one of them, or run k8s/verify/control-plane/build.sh kustomize, which needs Go.';

/** @returns the objects of a combination as YAML documents. @throws Error with the message of Kustomize, or without it */
export function render({ overlay, components }: Combination): string {
  const kustomize = findKustomize();
  if (kustomize === undefined) throw new Error(missingKustomize);
  const { command, args } = kustomize;
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
    throw new Error(`${basename(command)} refuses ${titleOf({ overlay, components })}: ${message}`, {
      cause: error,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The name of the program. Nx runs this, so that a cached result without Kustomize is not used when there is one.
if (import.meta.main) process.stdout.write(`${findKustomize()?.command ?? 'none'}\n`);
