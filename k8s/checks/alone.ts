/** Deployments with one replica by design, without autoscaler and disruption budget. A comment in each explains why. */
export const alone: readonly string[] = ['console'];
