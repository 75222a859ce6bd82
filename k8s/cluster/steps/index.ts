import type { Step } from '../step.ts';
import { autoscaling } from './autoscaling.ts';
import { failures } from './failures.ts';
import { monitoring } from './monitoring.ts';
import { policies } from './policies.ts';
import { replacements } from './replacements.ts';
import { traces } from './traces.ts';

export { installation } from './installation.ts';

/** The steps after the installation, in their order. */
export const steps: readonly Step[] = [policies, ...failures, ...replacements, autoscaling, traces, monitoring];
