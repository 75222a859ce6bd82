import { table } from './markdown.ts';

/** A claim of README and of the library's page, with what supports it. */
export interface Evidence {
  readonly claim: string;
  /** How it is checked; the link leads to the page with the figures. */
  readonly check: string;
  /** The page, relative to the workspace root. */
  readonly page: string;
  /** How much was checked, in figures of the page. */
  readonly extent: string;
  readonly limits: string;
  /** Whether it is about the library; otherwise it is about the whole system. */
  readonly isOfLibrary: boolean;
}

export const evidence: readonly Evidence[] = [
  {
    claim: 'It behaves like Resilience4j',
    check: 'recorded runs of the original are replayed',
    page: 'libs/resilience/conformance/README.md',
    extent: '103104 steps, 0 differ',
    limits: 'circuit breaker, retry, rate limiter and bulkhead; the page lists intended differences',
    isOfLibrary: true,
  },
  {
    claim: 'The circuit breaker follows its rules',
    check: 'an executable specification in Quint accepts recorded runs',
    page: 'docs/specification.md',
    extent: '1,562 runs of Resilience4j and 1,000 of ours; its 4 known bugs are rejected',
    limits: 'sampled, not proved; only what Resilience4j has, too',
    isOfLibrary: true,
  },
  {
    claim: 'No order of concurrent calls breaks it',
    check: 'all orders of up to four calls are executed',
    page: 'libs/resilience/interleavings/README.md',
    extent: '787,677 schedules; 12 of 12 planted bugs found',
    limits: 'five policies, one at a time, with fixed options; real timers are not part of it',
    isOfLibrary: true,
  },
  {
    claim: 'The tests notice changes of the code',
    check: 'mutation testing',
    page: 'tools/mutation/README.md',
    extent: '98.4 % of 10,047 changes noticed: core, configuration, keys, reconciliation; circuit breaker 98.7 %',
    limits: '160 changes not noticed, with reasons for 75; adapters and the Nest module are not measured',
    isOfLibrary: true,
  },
  {
    claim: 'Text from outside does no harm',
    check: 'fuzzing of everything that is parsed',
    page: 'docs/long-runs.md',
    extent: '4,550,272 runs of 11 properties in ten minutes',
    limits: 'the fewest runs are those of YAML files: 2,837',
    isOfLibrary: true,
  },
  {
    claim: 'It can be installed',
    check: 'the package is used in applications with NestJS 10, 11 and 12',
    page: 'docs/compatibility.md',
    extent: '179 passed, 0 failed',
    limits: '16 not possible: Jest 29 with NestJS 12, and Jest 30 with it on Node.js 22',
    isOfLibrary: true,
  },
  {
    claim: 'A protected call is cheap',
    check: 'benchmarks next to opossum and cockatiel, in one process',
    page: 'docs/performance.md',
    extent: 'a circuit breaker adds 262 ns to a success (cockatiel 232) and 417 ns to a failure (463)',
    limits: 'a pipeline of four policies adds 1310 ns, opossum 777; one machine',
    isOfLibrary: true,
  },
  {
    claim: 'No account is lost or opened twice',
    check: 'while processes, PostgreSQL and connections fail, the ledger and a foreign checker compare all responses',
    page: 'docs/long-runs.md',
    extent: '237,741 operations, 240 failures, no violation',
    limits: 'one PostgreSQL server: while it is down, account refuses; the loss of its disk is not covered',
    isOfLibrary: false,
  },
  {
    claim: 'Clients are served while customer fails',
    check: 'load tests with k6',
    page: 'docs/load-test-results.md',
    extent:
      'customer slow: no request refused or failed; 93.94 % got a last good value of a warm cache, 6.06 % were accepted for ' +
      'later; with a cold cache 100.00 %',
    limits: 'p99 during the fault 1298 ms; one run, on one machine with 2 processors',
    isOfLibrary: false,
  },
  {
    claim: 'One bad replica is no outage',
    check: 'load tests, next to round-robin without ejection',
    page: 'docs/load-test-results.md',
    extent: 'one of two customers hangs: 99.89 % verified now, p99 39 ms (next to it 8.67 % and 1966 ms)',
    limits: 'at five requests a second the first requests wait: p99 3012 ms; one run of each, on one machine',
    isOfLibrary: false,
  },
  {
    claim: 'It protects sooner than opossum',
    check: 'five runs of account on each library',
    page: 'docs/engine-comparison.md',
    extent: 'slow customer, time to protect: 1.0 s, opossum 17.8 s, cockatiel 3.5 s; tuned 4.0 s and 1.3 s',
    limits:
      'no difference shown to cockatiel tuned; the p99 is higher than that of both tuned, 1279 ms instead of 1009 ms and ' +
      '1007 ms; one fault, one machine',
    isOfLibrary: false,
  },
  {
    claim: 'Every connection may fail',
    check: 'a proxy disturbs each kind of connection in each way',
    page: 'docs/network-faults.md',
    extent: '88 combinations, 0 unexpected responses',
    limits: 'measured once; the slowest response took 12.5 s, when no account responded',
    isOfLibrary: false,
  },
  {
    claim: 'Settings that stay down are found',
    check: 'the doctor predicts, and the real system is run',
    page: 'docs/storms.md',
    extent: '14 of 14 verdicts agree',
    limits: 'one run each; spikes of load only; a recovery of 134 s was predicted to take 40 s',
    isOfLibrary: false,
  },
  {
    claim: 'Kubernetes replaces replicas without loss',
    check: 'rollouts, deleted pods and killed processes under load',
    page: 'docs/cluster.md',
    extent: '27163 requests, 0 lost',
    limits: 'one node, none was drained; 200 requests were refused while PostgreSQL was away, 788 while it was slow',
    isOfLibrary: false,
  },
];

/**
 * The table for a page.
 *
 * @param prefix leads from the folder of the page to the workspace root, such as `../../`
 */
export function evidenceTable(rows: readonly Evidence[], prefix: string): string {
  return table(
    ['claim', 'how it is checked', 'how much', 'limits'],
    rows.map(({ claim, check, page, extent, limits }) => [claim, `[${check}](${prefix}${page})`, extent, limits]),
  );
}

/** The figures of a text, such as `1,562` and `97.8`. */
export const figuresIn = (text: string): readonly string[] => text.match(/\d[\d,.]*\d|\d/g) ?? [];
