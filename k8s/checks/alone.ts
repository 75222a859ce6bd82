/** Deployments that have one replica on purpose, and so no autoscaler and no budget for disruptions; each says why. */
export const alone: readonly string[] = ['console'];
