import { readdirSync } from 'node:fs';
import { join } from 'node:path';

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
export const components = foldersIn('components');

/** Every overlay with every set of components. */
export const combinations: readonly Combination[] = overlays.flatMap((overlay) =>
  subsetsOf(components).map((components) => ({ overlay, components })),
);

/** e.g. `local + monitoring`. */
export const titleOf = ({ overlay, components }: Combination): string => [overlay, ...components].join(' + ');

/** Smaller ones first. */
function subsetsOf<T>(all: readonly T[]): T[][] {
  const subsets = all.reduce<T[][]>((sets, one) => sets.concat(sets.map((set) => [...set, one])), [[]]);
  return subsets.toSorted((one, other) => one.length - other.length);
}

/** Deployments with one replica by design, without autoscaler and disruption budget. A comment in each explains why. */
export const alone: readonly string[] = ['console'];
