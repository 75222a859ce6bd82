import { describe, expect, it } from 'vitest';
import { ReplicaRestarts } from './replica-restarts.ts';

/** Restarts of one replica, and what was reported. */
function restarts(restart: () => Promise<void> = async () => {}) {
  const reports: string[] = [];
  const end = new AbortController();
  let nowMs = 0;
  const subject = new ReplicaRestarts({
    report: (message) => reports.push(message),
    signal: end.signal,
    now: () => nowMs,
    wait: async (ms) => {
      nowMs += ms;
    },
  });
  return {
    reports,
    end: () => end.abort(),
    /** The replica has run for some time and ends. */
    endAfter: (ms: number) => {
      nowMs += ms;
      return subject.restart({ name: 'account-1', restart }, 'killed by SIGKILL');
    },
  };
}

const delaysIn = (reports: readonly string[]): string[] =>
  reports.flatMap((report) => /again(.*)\.$/.exec(report)?.[1] ?? []).filter((delay) => !/^$/.test(delay));

describe('ReplicaRestarts', () => {
  it('starts a replica again at once, and reports why', async () => {
    const { reports, endAfter } = restarts();

    await endAfter(1_000);

    expect(reports).toEqual(['account-1 ended: killed by SIGKILL. It is started again.', 'account-1 is ready again.']);
  });

  it('waits twice as long each time while it ends again at once, up to half a minute', async () => {
    const { reports, endAfter } = restarts();

    for (let n = 0; n < 8; n += 1) await endAfter(5_000);

    expect(delaysIn(reports)).toEqual([' in 1 s', ' in 2 s', ' in 4 s', ' in 8 s', ' in 16 s', ' in 30 s', ' in 30 s']);
  });

  it('starts it at once again after it has run for ten seconds', async () => {
    const { reports, endAfter } = restarts();
    await endAfter(0);
    await endAfter(9_999);
    await endAfter(10_000);

    expect(delaysIn(reports)).toEqual([' in 1 s']);
  });

  it('tries again when it does not start', async () => {
    let failures = 2;
    const { reports, endAfter } = restarts(async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('account-1 did not start: exit code 3');
    });

    await endAfter(0);

    expect(reports.slice(1)).toEqual([
      'account-1 did not start: exit code 3. It is started again in 1 s.',
      'account-1 did not start: exit code 3. It is started again in 2 s.',
      'account-1 is ready again.',
    ]);
  });

  it('does nothing after the end', async () => {
    const { reports, end, endAfter } = restarts(async () => {
      end();
      throw new Error('the system is being stopped');
    });

    await endAfter(0);
    await endAfter(0);

    expect(reports).toEqual(['account-1 ended: killed by SIGKILL. It is started again.']);
  });
});
