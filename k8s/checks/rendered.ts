import { type Combination, combinations, components, findKustomize, render, titleOf } from '../kustomize/kustomize.ts';
import { type Manifest, parseManifests } from '../kustomize/manifest.ts';

const rendered = new Map<string, Manifest[]>();

/** Whether Kustomize is installed. */
export const canRender = findKustomize() !== undefined;

/** The objects of a combination. */
export function manifestsOf(combination: Combination): Manifest[] {
  const title = titleOf(combination);
  const manifests = rendered.get(title) ?? parseManifests(render(combination));
  rendered.set(title, manifests);
  return manifests;
}

/** Every combination with its title, for `describe.each`. */
export const titled = combinations.map((combination) => ({ title: titleOf(combination), combination }));

/** The combinations with every component, which contain all others. */
export const complete = titled.filter(({ combination }) => combination.components.length === components.length);
