/** The resources that a service has used. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/** The usage since the start of the service, from its own metrics. */
export async function usageOf(url: string): Promise<Usage> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return {
    cpuSeconds: valueOf('process_cpu_seconds_total', metrics),
    residentMiB: valueOf('process_resident_memory_bytes', metrics) / 2 ** 20,
  };
}

/** Processor time is a difference; memory is the value at the end. */
export function usageBetween(before: Usage, after: Usage): Usage {
  return { cpuSeconds: after.cpuSeconds - before.cpuSeconds, residentMiB: after.residentMiB };
}

function valueOf(metric: string, metrics: string): number {
  const value = new RegExp(String.raw`^${metric}(?:\{.*\})? (\S+)$`, 'm').exec(metrics)?.[1];
  if (value === undefined) throw new Error(`/metrics contains no ${metric}`);
  return Number(value);
}
