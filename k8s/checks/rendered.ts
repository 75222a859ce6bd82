import {
  type Combination,
  combinations,
  componentsFor,
  findKustomize,
  hasPolicies,
  render,
  titleOf,
} from '../kustomize/kustomize.ts';
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

/** Components whose only effect is to replace or remove something. */
const replacing: ReadonlySet<string> = new Set(['keda-autoscaling', 'without-network-policies']);

/** For each overlay the combination with every component that adds something. */
export const complete = titled.filter(({ combination }) => {
  const additions = componentsFor(combination.overlay).filter((component) => !replacing.has(component));
  return hasPolicies(combination) && additions.every((component) => combination.components.includes(component));
});
