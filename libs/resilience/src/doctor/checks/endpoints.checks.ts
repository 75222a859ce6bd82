import { maxOutOfService } from '../../core/endpoint-pool/endpoint-set.ts';
import type { EndpointPoolConfig } from '../../core/endpoint-pool/endpoint-pool.options.ts';
import { count, figure, floor, span } from '../figures.ts';
import { isAround } from '../instance.ts';
import type { Check } from './check.ts';

/** The numbers of endpoints that are examined where a resolver finds them. */
const likelyNumbers = [2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Endpoint pools, and the circuit breakers around them. */
export const endpointChecks = [
  {
    code: 'endpoint-pool-without-endpoints',
    title: 'The endpoint pool has no endpoints',
    severity: 'info',
    doc:
      'Without `endpoints`, `dnsUrl` or `resolver` the pool passes calls on: it chooses nothing and ejects nothing. In a ' +
      'file they may be left out where the application sets them in code, for example from an environment variable.',
    run({ endpointPool }) {
      if (endpointPool === undefined || hasEndpoints(endpointPool)) return undefined;
      return (
        'Neither endpoints nor dnsUrl nor resolver is set here, so the endpoint pool has no effect unless the application ' +
        'sets one of them in code.'
      );
    },
  },
  {
    code: 'one-bad-replica-opens-all',
    title: 'One bad endpoint opens the circuit breaker for all',
    severity: 'warning',
    doc:
      'A circuit breaker around an endpoint pool does not record the failures of an ejected endpoint. It opens for one ' +
      'bad endpoint if the failures before the ejection are enough, if the pool ejects none, or if it is inside the ' +
      'pool. Where a resolver finds the endpoints, two of them are assumed.',
    run(instance) {
      const { circuitBreaker, endpointPool } = instance;
      if (circuitBreaker === undefined || endpointPool === undefined || !hasEndpoints(endpointPool)) return undefined;
      const { failureRateThreshold, minimumNumberOfCalls, slidingWindowSize, slidingWindowType } = circuitBreaker;
      if (!isAround(instance, 'circuitBreaker', 'endpointPool')) {
        return (
          'The circuit breaker is inside the endpoint pool, so that it records the failures of ejected endpoints. ' +
          'Put it around the pool.'
        );
      }
      if (!endpointPool.outlierDetectionEnabled) {
        const number = endpointPool.endpoints?.length || 2;
        if (number < 2 || 100 / number < failureRateThreshold) return undefined;
        return (
          `Outlier detection is off: one bad endpoint of ${number} fails 100 % / ${number} = ${figure(100 / number)} % of ` +
          `all calls, and the circuit breaker opens at ${figure(failureRateThreshold)} %. Set outlierDetectionEnabled to true.`
        );
      }
      const needed =
        slidingWindowType === 'COUNT_BASED' ? Math.min(minimumNumberOfCalls, slidingWindowSize) : minimumNumberOfCalls;
      const inRow = Math.max(endpointPool.consecutiveFailures, endpointPool.consecutiveConnectionErrors);
      const rate = ((inRow - 1) / needed) * 100;
      if (rate < failureRateThreshold) return undefined;
      const most = Math.max(1, floor((needed * failureRateThreshold) / 100 - 1e-6) + 1);
      return (
        `An endpoint is ejected by ${count(inRow, 'failure')} in a row, and the circuit breaker records those before the ` +
        `last: ${inRow - 1} / ${count(needed, 'call')} = ${figure(rate)} % ≥ ${figure(failureRateThreshold)} %. Set ` +
        `consecutiveFailures and consecutiveConnectionErrors to at most ${most}, or minimumNumberOfCalls higher.`
      );
    },
  },
  {
    code: 'slow-replica-not-ejected',
    title: 'The circuit breaker counts calls as slow that the endpoint pool does not',
    severity: 'info',
    doc:
      'The slow calls of one endpoint then fill the window of the circuit breaker, while the pool sees nothing wrong. ' +
      'The default of both thresholds is 60 s.',
    run({ circuitBreaker, endpointPool }) {
      if (circuitBreaker === undefined || endpointPool === undefined || !hasEndpoints(endpointPool)) return undefined;
      const [ofPool, ofBreaker] = [endpointPool.slowCallDurationThreshold, circuitBreaker.slowCallDurationThreshold];
      if (!endpointPool.outlierDetectionEnabled || ofPool <= ofBreaker) return undefined;
      return (
        `slowCallDurationThreshold of the endpoint pool is ${span(ofPool)}, that of the circuit breaker ${span(ofBreaker)}: ` +
        `${span(ofPool)} > ${span(ofBreaker)}. Set that of the pool to at most ${span(ofBreaker)}.`
      );
    },
  },
  {
    code: 'panic-threshold-above-ejection-limit',
    title: 'The permitted ejections start panic',
    severity: 'warning',
    doc:
      'With as many endpoints out of service as `maxEjectionPercent` permits, fewer than `panicThreshold` are in ' +
      'service: calls go to all endpoints, also to the ejected ones, and the ejections have no effect. Where a resolver ' +
      'finds the endpoints, 2 to 10 of them are examined.',
    run({ endpointPool }) {
      if (endpointPool === undefined || !endpointPool.outlierDetectionEnabled) return undefined;
      const { endpoints = [], maxEjectionPercent, panicThreshold } = endpointPool;
      if (!hasEndpoints(endpointPool)) return undefined;
      const numbers = endpoints.length > 0 ? [endpoints.length] : likelyNumbers;
      const inServiceOf = (number: number) => number - maxOutOfService(number, maxEjectionPercent);
      const panicking = numbers.find((number) => (inServiceOf(number) / number) * 100 < panicThreshold);
      if (panicking === undefined) return undefined;
      const inService = inServiceOf(panicking);
      const percent = (inService / panicking) * 100;
      return (
        `Of ${count(panicking, 'endpoint')}, ${panicking - inService} may be ejected, which leaves ${inService} / ` +
        `${panicking} = ${figure(percent)} % < panicThreshold ${figure(panicThreshold)} %. Set panicThreshold to at most ` +
        `${Math.floor(percent)}, or maxEjectionPercent lower.`
      );
    },
  },
] as const satisfies readonly Check[];

function hasEndpoints({ endpoints = [], dnsUrl, resolver }: EndpointPoolConfig): boolean {
  return endpoints.length > 0 || dnsUrl !== undefined || resolver !== undefined;
}
