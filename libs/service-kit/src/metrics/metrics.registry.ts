import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * The metrics of one application: those of its process from the start, and whatever is registered here. prom-client's
 * global registry would mix two applications of one process, as tests have them.
 */
export class MetricsRegistry extends Registry {
  constructor() {
    super();
    collectDefaultMetrics({ register: this });
  }
}
