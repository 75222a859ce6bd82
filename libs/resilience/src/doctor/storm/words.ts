import { count, figure, perSecond, span } from '../figures.ts';
import type { Instance } from '../instance.ts';
import { capacityOf, defaultModel, type StormModel, type Trigger, type TriggerKind } from './storm-model.ts';
import type { StormSettings } from './storm-settings.ts';

const triggers: Readonly<Record<TriggerKind, (size: string) => string>> = {
  load: (size) => `${size} × the load`,
  capacity: (size) => `1 / ${size} of the workers`,
  slow: (size) => `${size} × the service time`,
  errors: (size) => `only 1 / ${size} of the calls succeed`,
  cache: (size) => `1 / ${size} of the cache is left`,
};

/** `4 × the load for 5 s`; with `n` for any size. */
export function describeTrigger({ kind, size, durationMs }: Omit<Trigger, 'size'> & { size?: number | undefined }) {
  const what = triggers[kind](size === undefined ? 'n' : figure(size));
  return kind === 'cache' ? what : `${what} for ${span(durationMs)}`;
}

/** The model in a paragraph: what is simulated, with all options that are not off. */
export function describeModel({ model, trigger }: StormSettings): string {
  const each = model.replicas === 1 ? '' : `${count(model.replicas, 'replica')}, each with `;
  const time = model.serviceTime === 'fixed' ? '' : ` on average (${model.serviceTime})`;
  const queue = Number.isFinite(model.queue)
    ? `a ${nameOf(model)} queue of ${model.queue}`
    : `an unbounded ${nameOf(model)} queue`;
  const abandoned = model.abandonedWork === 'kept' ? 'is done all the same' : 'is dropped';
  const clients = model.clients === 1 ? 'One client' : `${model.clients} clients, each with policies of its own,`;
  return [
    `The dependency has ${each}${count(model.workers, 'worker')} with ${span(model.serviceTimeMs)} per call${time}, which is ` +
      `${perSecond(capacityOf(model))}, and ${queue}; work whose caller has left ${abandoned}.`,
    `${clients} gets calls at ${model.arrivals === 'even' ? 'equal' : 'random'} distances, whose callers wait ${span(model.deadlineMs)}.`.replace(
      'own, gets',
      'own, get',
    ),
    ...(model.cacheEntries > 0
      ? [
          `A cache in front of it has ${count(model.cacheEntries, 'entry').replace('entrys', 'entries')} for ${span(model.cacheTtlMs)} each.`,
        ]
      : []),
    ...(model.balancerAttempts > 1
      ? [`A balancer tries up to ${count(model.balancerAttempts, 'replica')} for a call that is refused or fails.`]
      : []),
    ...(model.reconcilerPerSecond > 0
      ? [`A reconciler makes failed calls again, up to ${perSecond(model.reconcilerPerSecond)}.`]
      : []),
    `The trigger: ${describeTrigger(trigger)}, then it is removed and the system is observed for ${span(model.horizonMs)}.`,
    ...(model.seed === defaultModel.seed ? [] : [`The seed is ${model.seed}.`]),
  ].join(' ');
}

function nameOf({ discipline }: StormModel): string {
  return { fifo: 'FIFO', lifo: 'LIFO', codel: 'CoDel' }[discipline];
}

/** How one arrival becomes several calls, e.g. `timeout 1 s → 3 attempts → 3 × work`. */
export function describeAmplification(instance: Instance, model: StormModel): string {
  const { retry, retryBudget, timeLimiter, hedge, circuitBreaker, bulkhead } = instance;
  const attempts = retry?.maxAttempts ?? 1;
  const hedges = hedge === undefined ? 1 : hedge.maxHedgedAttempts + 1;
  const factor = attempts * hedges * model.balancerAttempts;
  const isBudgeted = attempts > 1 && retry?.retryBudget !== undefined;
  const links = [
    ...(timeLimiter === undefined ? ['no timeout'] : [`timeout ${span(timeLimiter.timeoutDuration)}`]),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(hedges > 1 ? [`${hedges} calls per attempt`] : []),
    ...(model.balancerAttempts > 1 ? [`${model.balancerAttempts} replicas per call`] : []),
    factor === 1 ? 'the work is not multiplied' : `${factor} × work`,
  ];
  const abandoned =
    model.abandonedWork === 'kept' ? '; abandoned work is done all the same' : '; abandoned work is dropped';
  const limits = [
    ...(isBudgeted
      ? [
          `the budget permits ${figure((retryBudget?.retryRatio ?? 0.2) * 100)} % of the calls and ` +
            `${retryBudget?.minRetriesPerSecond ?? 10}/s as retries`,
        ]
      : []),
    ...(circuitBreaker === undefined ? [] : ['the circuit breaker may refuse calls']),
    ...(bulkhead === undefined
      ? []
      : [`the bulkhead permits ${count(bulkhead.maxConcurrentCalls * model.clients, 'call')} at a time`]),
  ];
  return `${links.join(' → ')}${abandoned}${limits.length === 0 ? '; nothing limits it' : `; ${limits.join('; ')}`}.`;
}
