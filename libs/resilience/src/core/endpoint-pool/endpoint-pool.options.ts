import type { CallEndpoint } from '../call-endpoints.ts';
import type { Duration } from '../duration.ts';
import type { OptionFault } from '../errors.ts';
import {
  choice,
  type ConfigOf,
  decimal,
  duration,
  type EventOptions,
  exclusive,
  flag,
  optionalFunction,
  OptionSchema,
  type OptionRule,
  percentage,
  size,
  wholeNumber,
} from '../options.ts';
import type { CallContext } from '../policy.ts';
import { baseUrl, type DnsRecordType, type EndpointResolver, nameOf } from './endpoint-resolver.ts';

/** Checks whether an ejected endpoint is healthy: it resolves to any value but `false` if so. */
export type EndpointHealthProbe = (endpoint: CallEndpoint, context: Pick<CallContext, 'signal'>) => unknown;

/** How the endpoint of an attempt is chosen. */
export type LoadBalancing = 'PEAK_EWMA' | 'ROUND_ROBIN';

/**
 * The options of an endpoint pool, with the names of Envoy's outlier detection, or Resilience4j's where it has the same.
 * All are optional.
 */
export interface EndpointPoolOptions extends EventOptions {
  /**
   * The base URLs of the endpoints, such as `http://10.0.0.7:3000`. None by default, which leaves it to the calls where they
   * go.
   */
  readonly endpoints?: readonly string[];
  /**
   * A URL whose host is resolved again and again, such as `http://customer-endpoints:3000`: each address is an endpoint. For
   * `https`, certificates must name what the records do. None by default. It replaces `endpoints`.
   */
  readonly dnsUrl?: string;
  /**
   * `ADDRESS` by default: each address of the host (A or AAAA) with the port of the URL. `SRV`: each server of the service
   * that the host names, such as `http://_http._tcp.customer.internal`, with its own port.
   */
  readonly dnsRecordType?: DnsRecordType;
  /** Finds the endpoints elsewhere, e.g. in Consul. None by default. It replaces `endpoints` and `dnsUrl`. */
  readonly resolver?: EndpointResolver;
  /** The time between two resolutions. At least 1 ms; 5 s by default, as in Envoy (`dns_refresh_rate`). */
  readonly resolveInterval?: Duration;
  /**
   * `PEAK_EWMA` by default: of two random endpoints the one with the lower product of recent latency and calls in flight.
   * `ROUND_ROBIN`: one after the other.
   */
  readonly loadBalancing?: LoadBalancing;
  /** PEAK_EWMA: how fast a latency is forgotten. Above 0; 10 s by default, as in Finagle. */
  readonly decayTime?: Duration;
  /** Whether endpoints that work worse than others are ejected. True by default. */
  readonly outlierDetectionEnabled?: boolean;
  /** The number of failures in a row that eject an endpoint. At least 1; 5 by default, as in Envoy (`consecutive_5xx`). */
  readonly consecutiveFailures?: number;
  /**
   * The number of calls in a row without a response (connection errors and timeouts) that eject an endpoint. At least 1; 5
   * by default, as in Envoy (`consecutive_local_origin_failure`).
   */
  readonly consecutiveConnectionErrors?: number;
  /**
   * The number of slow calls in a row that eject an endpoint; a call in flight counts when it becomes slow. At least 1; 2 by
   * default, because an endpoint with stuck calls gets few further ones. 1 ejects it at the first, also when calls are rare.
   */
  readonly consecutiveSlowCalls?: number;
  /** A call that takes longer is slow. Above 0; 60 s by default, as in Resilience4j. */
  readonly slowCallDurationThreshold?: Duration;
  /** The failure rate in percent that ejects an endpoint. Above 0, at most 100; 50 by default, as in Resilience4j. */
  readonly failureRateThreshold?: number;
  /** The rate of slow calls in percent that ejects an endpoint. Above 0, at most 100; 100 by default, as in Resilience4j. */
  readonly slowCallRateThreshold?: number;
  /** Rates are those of the latest calls of an endpoint, this many. At least 1; 100 by default, as in Resilience4j. */
  readonly slidingWindowSize?: number;
  /** The number of calls before an endpoint has rates. At least 1; 100 by default, as in Resilience4j. */
  readonly minimumNumberOfCalls?: number;
  /**
   * An endpoint is ejected when its success rate is below the mean of all by more than this many standard deviations, and at
   * least `consecutiveFailures` of its calls in the window failed. Above 0; 1.9 by default, as in Envoy
   * (`success_rate_stdev_factor`).
   */
  readonly successRateStdevFactor?: number;
  /**
   * The number of endpoints in service with rates that is necessary to compare success rates. At least 2; 5 by default, as
   * in Envoy (`success_rate_minimum_hosts`).
   */
  readonly successRateMinimumHosts?: number;
  /** How long the first ejection of an endpoint lasts. At least 1 ms; 30 s by default, as in Envoy. */
  readonly baseEjectionTime?: Duration;
  /**
   * The longest ejection. Each ejection is longer than the one before by `baseEjectionTime`, and for each
   * `baseEjectionTime` in service shorter again. At least 1 ms; 5 min by default, as in Envoy.
   */
  readonly maxEjectionTime?: Duration;
  /**
   * The share of endpoints that may be out of service, in percent, rounded down. One may be in any case, and one always
   * stays in service. From 0 to 100; 50 by default (Envoy has 10, for clusters of many hosts).
   */
  readonly maxEjectionPercent?: number;
  /**
   * While fewer endpoints are in service, in percent, calls go to all of them (Envoy's panic mode). From 0, which means
   * never, to 100; 50 by default, as in Envoy.
   */
  readonly panicThreshold?: number;
  /**
   * The number of trial calls, one at a time, that must succeed before an endpoint whose ejection has ended is in service
   * again. At least 1; 1 by default.
   */
  readonly permittedNumberOfTrialCalls?: number;
  /**
   * Called with an ejected endpoint at an interval: it resolves to any value but `false` if the endpoint is healthy. The
   * ejection then ends only after a successful probe, and early when a probe succeeds after one that failed. None by default.
   */
  readonly healthProbe?: EndpointHealthProbe;
  /**
   * A health probe that requests this path below the URL of the endpoint with GET; it succeeds with a status from 200 to
   * 299. None by default. It replaces `healthProbe`.
   */
  readonly healthProbePath?: string;
  /** The time between two health probes of an endpoint. At least 1 ms; 5 s by default. */
  readonly healthProbeInterval?: Duration;
  /** The time limit of a health probe. At least 1 ms; 1 s by default. */
  readonly healthProbeTimeout?: Duration;
  /**
   * How long the share of an endpoint grows after its trial, from a tenth to all. At least 0, which means no slow start;
   * 10 s by default (Envoy has it off).
   */
  readonly slowStartWindow?: Duration;
}

export const endpointPoolOptions = new OptionSchema(
  {
    endpoints: exclusive(endpointUrls(), ['dnsUrl', 'resolver']),
    dnsUrl: exclusive(dnsUrl(), ['endpoints', 'resolver']),
    dnsRecordType: choice<DnsRecordType>('ADDRESS', ['ADDRESS', 'SRV']),
    resolver: exclusive(endpointResolver(), ['endpoints', 'dnsUrl']),
    resolveInterval: duration(5_000, { min: 1 }),
    loadBalancing: choice<LoadBalancing>('PEAK_EWMA', ['PEAK_EWMA', 'ROUND_ROBIN']),
    decayTime: duration(10_000, { above: 0 }),
    outlierDetectionEnabled: flag(true),
    consecutiveFailures: wholeNumber(5, { min: 1 }),
    consecutiveConnectionErrors: wholeNumber(5, { min: 1 }),
    consecutiveSlowCalls: wholeNumber(2, { min: 1 }),
    slowCallDurationThreshold: duration(60_000, { above: 0 }),
    failureRateThreshold: percentage(50),
    slowCallRateThreshold: percentage(100),
    slidingWindowSize: size(100, { min: 1 }),
    minimumNumberOfCalls: wholeNumber(100, { min: 1 }),
    successRateStdevFactor: decimal(1.9, { above: 0 }),
    successRateMinimumHosts: wholeNumber(5, { min: 2 }),
    baseEjectionTime: duration(30_000, { min: 1 }),
    maxEjectionTime: duration(300_000, { min: 1 }),
    maxEjectionPercent: decimal(50, { min: 0, max: 100 }),
    panicThreshold: decimal(50, { min: 0, max: 100 }),
    permittedNumberOfTrialCalls: wholeNumber(1, { min: 1 }),
    healthProbe: exclusive(
      optionalFunction<EndpointHealthProbe>('a function from an endpoint and a context to a value'),
      ['healthProbePath'],
    ),
    healthProbePath: exclusive(path(), ['healthProbe']),
    healthProbeInterval: duration(5_000, { min: 1 }),
    healthProbeTimeout: duration(1_000, { min: 1 }),
    slowStartWindow: duration(10_000, { min: 0 }),
    eventConsumerBufferSize: size(0, { min: 0 }),
  },
  {
    faults({ baseEjectionTime, maxEjectionTime }): readonly OptionFault[] {
      if (baseEjectionTime <= maxEjectionTime) return [];
      const allowed = `at least baseEjectionTime, which is ${baseEjectionTime} ms`;
      return [{ option: 'maxEjectionTime', given: `${maxEjectionTime} ms`, allowed }];
    },
  },
);

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export type EndpointPoolConfig = ConfigOf<typeof endpointPoolOptions>;

/** URLs without a slash at the end; none by default. */
function endpointUrls(): OptionRule<readonly string[]> {
  const parse = (value: unknown) => {
    if (!Array.isArray(value)) return undefined;
    const urls = value.map(baseUrl);
    const isValid = urls.every((url) => url !== undefined) && new Set(urls.map(nameOf)).size === urls.length;
    return isValid ? Object.freeze(urls) : undefined;
  };
  const allowed = 'a list of URLs, each with a protocol and a different host, port or path';
  return { kind: 'texts', defaultValue: Object.freeze([]), allowed, parse };
}

function path(): OptionRule<string | undefined> {
  const parse = (value: unknown) => (typeof value === 'string' && /^\/[^\s#]*$/.test(value) ? value : undefined);
  return { kind: 'text', defaultValue: undefined, allowed: 'a path that starts with /', parse };
}

function dnsUrl(): OptionRule<string | undefined> {
  return { kind: 'text', defaultValue: undefined, allowed: 'a URL with protocol and host', parse: baseUrl };
}

function endpointResolver(): OptionRule<EndpointResolver | undefined> {
  const isResolver = (value: unknown): value is EndpointResolver =>
    typeof value === 'object' && value !== null && 'resolve' in value && typeof value.resolve === 'function';
  const parse = (value: unknown) => (isResolver(value) ? value : undefined);
  return { kind: 'function', defaultValue: undefined, allowed: 'an object with a method resolve', parse };
}
