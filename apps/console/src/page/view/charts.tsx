import type { Second } from '../../protocol/messages.ts';
import { duration, rate } from '../state/wording.ts';
import { Chart, type Series } from './chart.tsx';

/** What clients are answered, how fast, and how many accounts still wait. */
export function Charts({ seconds }: { readonly seconds: readonly Second[] }) {
  const times = seconds.map(({ at }) => at / 1_000);
  const traffic = (value: (second: NonNullable<Second['traffic']>) => number | undefined) =>
    seconds.map((second) => (second.traffic === null ? null : (value(second.traffic) ?? null)));
  const throughput: Series[] = [
    { label: 'opened', color: '--good', values: traffic(({ created }) => created) },
    { label: 'accepted, to be verified', color: '--accepted', values: traffic(({ accepted }) => accepted) },
    { label: 'refused (4xx)', color: '--warn', values: traffic(({ refused }) => refused) },
    { label: 'failed (5xx)', color: '--bad', values: traffic(({ failed }) => failed) },
  ];
  const latency: Series[] = [
    { label: 'p50', color: '--good', values: traffic(({ latencyMs }) => latencyMs?.p50) },
    { label: 'p95', color: '--warn', values: traffic(({ latencyMs }) => latencyMs?.p95) },
    { label: 'p99', color: '--bad', values: traffic(({ latencyMs }) => latencyMs?.p99) },
  ];
  const pending: Series[] = [
    { label: 'accounts', color: '--accepted', values: seconds.map((second) => second.pending?.accounts ?? null) },
  ];
  return (
    <section class="charts" aria-label="Traffic">
      {isQuiet(seconds) && (
        <p class="hint charts-note">No client has asked for an account in these minutes: send load.</p>
      )}
      <Chart title="Answers to POST /accounts" times={times} series={throughput} format={rate} least={2} />
      <Chart
        title="Time to the answer"
        times={times}
        series={latency}
        format={duration}
        least={10}
        note="from histogram buckets"
      />
      <Chart title="Accounts to be verified" times={times} series={pending} format={String} least={4} />
    </section>
  );
}

function isQuiet(seconds: readonly Second[]): boolean {
  return seconds.every(({ traffic }) => traffic === null || traffic.latencyMs === null);
}
