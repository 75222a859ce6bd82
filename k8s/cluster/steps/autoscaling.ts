import { until } from '../cluster.ts';
import { isReady } from '../pods.ts';
import type { Step } from '../step.ts';

/** Enough for the processor of two replicas of the local overlay to exceed the target; below nginx's limit for one client. */
const perSecond = 120;
/** The scale-up takes one interval of metrics-server (15 s), one of the autoscaler (15 s), and the start of a pod. */
const mostSecondsUp = 120;
/** One removal each 30 s after the window. */
const mostSecondsDown = 150;
const committedWindowSeconds = 300;

export const autoscaling: Step = {
  name: 'autoscaling',
  title: 'under load account gets more replicas, and afterwards it returns to two, with the console running',
  missing: ({ hasMetrics }) =>
    hasMetrics ? undefined : 'the cluster has no metrics-server (kubectl top pods), which the autoscalers need',
  run: async (run, record) => {
    const ready = async (): Promise<number> => (await run.cluster.pods('account')).filter(isReady).length;
    const windowSeconds = run.scaleDownSeconds ?? committedWindowSeconds;
    await until('account has two replicas', windowSeconds + mostSecondsDown, async () =>
      (await ready()) === 2 ? true : undefined,
    );
    let peak = 2;
    const began = performance.now();
    await run.underLoad(
      record,
      async () => {
        await until('account has more than two replicas', mostSecondsUp, async () =>
          (await ready()) > 2 ? true : undefined,
        );
        record.note('seconds until more replicas were ready', (performance.now() - began) / 1_000);
        // The new replica takes its share.
        await until('a minute of load', 60, async () => {
          peak = Math.max(peak, await ready());
          return performance.now() - began > 60_000 ? true : undefined;
        });
      },
      { perSecond },
    );
    record.note('replicas at the peak', peak);
    const ended = performance.now();
    await until('account has two replicas again', windowSeconds + mostSecondsDown, async () =>
      (await ready()) === 2 ? true : undefined,
    );
    record.note('seconds until two replicas were left', (performance.now() - ended) / 1_000);
  },
};
