import { type Combination, combinations, components, titleOf } from '../kustomize/combinations.ts';
import { findKustomize, missingKustomize, render } from '../kustomize/kustomize.ts';
import { type Manifest, parseManifests } from '../kustomize/manifest.ts';

const kustomize = findKustomize();
const rendered = new Map<string, Manifest[]>();

/** Whether Kustomize is installed. */
export const canRender = kustomize !== undefined;

/** The objects of a combination. */
export function manifestsOf(combination: Combination): Manifest[] {
  if (kustomize === undefined) throw new Error(missingKustomize);
  const title = titleOf(combination);
  const manifests = rendered.get(title) ?? parseManifests(render(combination, kustomize));
  rendered.set(title, manifests);
  return manifests;
}

/** Every combination with its title, for `describe.each`. */
export const titled = combinations.map((combination) => ({ title: titleOf(combination), combination }));

/** The combinations with every component, which contain all others. */
export const complete = titled.filter(({ combination }) => combination.components.length === components.length);
