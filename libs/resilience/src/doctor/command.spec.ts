import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDoctor } from './command.ts';
import type { Paint } from './report.ts';

const breaker = `
resilience4j.circuitbreaker:
  instances:
    customer:
      slidingWindowType: TIME_BASED
      slidingWindowSize: 10
      minimumNumberOfCalls: 6
      slowCallDurationThreshold: 1s
      slowCallRateThreshold: 70
      permittedNumberOfCallsInHalfOpenState: 3
      maxWaitDurationInHalfOpenState: 1m
    ledger:
      slidingWindowSize: 10
      minimumNumberOfCalls: 10
      maxWaitDurationInHalfOpenState: 1m
`;

const outage = `
rate: 2/s
until: 40s
timeline:
  - { at: 0s, latency: 50ms }
  - { at: 10s, errors: 100% }
`;

describe('runDoctor', () => {
  let folder: string;

  const run = async (line: string, paint?: Paint) => {
    let [out, err] = ['', ''];
    const code = await runDoctor(line.split(' ').filter(Boolean), {
      out: (text) => (out += text),
      err: (text) => (err += text),
      folder,
      env: {},
      ...(paint && { paint }),
    });
    return { code, out, err };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    const files = {
      'resilience.yml': breaker,
      'outage.yml': outage,
      'broken.yml':
        'resilience4j.circuitbreaker.instances.customer: { failureRateThreshold: 150, slidingWindowSize: 0 }',
      'retries.yml':
        'resilience4j: { retry.instances.customer: { maxAttempts: 3, waitDuration: 10ms }, timelimiter.instances.customer: { timeoutDuration: 1s } }',
      'other.yml': 'server: { port: 8080 }',
      'bad-outage.yml': 'timeline: soon',
      'two.yml': 'a: 1\n---\nb: 2',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it("finds the trap of the demo's fifth experiment with the command of the README", async () => {
    const root = join(import.meta.dirname, '../../../..');
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const [, file, options] = /`npm run doctor -- (\S+) ([^`]*)`/.exec(readme)!;

    const { out } = await run(`${join(root, file!)} ${options} --instance time-minimum-6`);

    expect(out).toContain('minimum-never-reached');
    expect(out.replaceAll(/\s+/g, ' ')).toContain('at most ceil(10 s / 2 s) = 5 in it');
    expect(out.replaceAll(/\s+/g, ' ')).not.toContain('after 6 calls');
  });

  describe('with --storm', { timeout: 60_000 }, () => {
    const small = '--workers 1 --horizon 60s';

    it('exits with 1 when the point stays down, and names what helps', async () => {
      const { code, out } = await run(`retries.yml --storm --load 6 --trigger 4x10s ${small}`);

      expect(code).toBe(1);
      expect(out).toContain('error storm-stays-down');
      expect(out).toMatch(/timeout 1 s → 3 attempts → 3 × work;\s+abandoned work is\s+done all the same/);
      expect(out).toContain('The nearest single change');
    });

    it('exits with 0 when the point recovers', async () => {
      const { code, out } = await run(`retries.yml --storm --load 2 --trigger 2x5s ${small}`);

      expect(code).toBe(0);
      expect(out).toMatch(/At 2 calls\/s, 2 × the load for 5 s: (recovers|unharmed)/);
    });

    it('draws a map, prints it as JSON and writes it as SVG and HTML', async () => {
      const map = `retries.yml --storm --points 3 ${small}`;
      const json = await run(`${map} --json --output map.svg`);
      const text = await run(`${map} --output map.html`);

      const { storms } = JSON.parse(json.out) as { storms: [{ points: { verdict: { kind: string } }[] }] };
      expect(storms[0].points).toHaveLength(9);
      expect(new Set(storms[0].points.map(({ verdict }) => verdict.kind))).toContain('staysDown');
      expect(text.out).toContain(
        'The smallest trigger that locks it in: 4.333 at 3.333 calls/s, 2.667 at 6.667 calls/s',
      );
      expect(await readFile(join(folder, 'map.svg'), 'utf8')).toMatch(/^<svg xmlns.*<\/svg>$/s);
      expect(await readFile(join(folder, 'map.html'), 'utf8')).toContain('What the model leaves out');
    });

    it.each([
      { line: 'retries.yml --load 6', message: '--load needs --storm.' },
      { line: 'retries.yml --storm --trigger 0.5x5s', message: "--trigger is '0.5x5s'; allowed: such as 4x5s" },
      { line: 'retries.yml --storm --discipline fair', message: "--discipline is 'fair'; allowed: fifo, lifo, codel." },
      { line: 'retries.yml --storm --output map.png', message: "--output is 'map.png'; allowed: a name that ends" },
    ])('refuses $line', async ({ line, message }) => {
      const { code, err } = await run(line);

      expect(code).toBe(2);
      expect(err).toContain(message);
    });
  });

  it('explains each instance and prints its findings', async () => {
    const { code, out, err } = await run('resilience.yml --latency 2s --concurrency 1 --instance customer');

    expect(out).toBe(
      `customer
  The circuit breaker evaluates the last 10 seconds, from 6 calls on. It opens when 50 % of them
  failed, or 70 % took longer than 1 s. OPEN refuses every call for 60 s; then the next call starts
  HALF_OPEN. It permits 3 trial calls, and closes unless they reach a threshold; after 60 s it
  changes to OPEN in any case.

  ✖ error minimum-never-reached
    The window of 10 s never holds the 6 calls of minimumNumberOfCalls, so no rate is ever evaluated
    and the circuit breaker never opens: 1 caller, with calls that take 2 s, can end at most
    ceil(10 s / 2 s) = 5 in it. Set minimumNumberOfCalls to at most 5, or slidingWindowSize to at
    least 11.

1 instance: 1 error, 0 warnings, 0 notes.
`,
    );
    expect(err).toBe('');
    expect(code).toBe(1);
  });

  it('returns 0 without a finding of severity error', async () => {
    const { code, out } = await run('resilience.yml');

    expect(out).toContain('✔ no findings');
    expect(out).toContain('2 instances: 0 errors, 0 warnings');
    expect(code).toBe(0);
  });

  it('prints findings as JSON', async () => {
    const { code, out } = await run('resilience.yml --json --rate 0.5/s');

    expect(JSON.parse(out)).toStrictEqual({
      findings: [
        {
          instance: 'customer',
          code: 'minimum-never-reached',
          severity: 'error',
          message: expect.stringContaining('ceil(10 s × 0.5/s) = 5'),
        },
      ],
    });
    expect(code).toBe(1);
  });

  it('applies text styles', async () => {
    const { out } = await run('resilience.yml --rate 0.5/s', (style, text) => `<${style}>${text}</${style}>`);

    expect(out).toContain('<bold>customer</bold>');
    expect(out).toContain('<red>✖ error</red> <bold>minimum-never-reached</bold>');
    expect(out).toContain('<green>✔</green> no findings');
  });

  it('simulates an outage', async () => {
    const { code, out } = await run('resilience.yml --simulate outage.yml --instance ledger');

    expect(out).toContain('ledger: the outage in virtual time\nCalls: 2 calls/s, evenly spread.\n');
    expect(out).toContain(
      '  12.05 s  CLOSED → OPEN  opens after 25 calls: 50 % failed, 0 % slow\nThe final state is OPEN.',
    );
    expect(out).toContain('From 10 s to 39.5 s the dependency takes 50 ms and fails 100 % of its calls.');
    expect(out).toContain(
      '  Callers: 60 calls: 5 failed, 55 not permitted; the longest wait was 50 ms. The dependency received 5 calls.',
    );
    expect(out).toMatch(/^state {11}─{12}O{28}$/m);
    expect(out).toMatch(/^answered {8}█{10}$/m);
    expect(out).toMatch(/^failed {10} {10}██▄$/m);
    expect(code).toBe(0);
  });

  it('prints a simulation as JSON, with the callers of the command line', async () => {
    const { out } = await run('resilience.yml --simulate outage.yml --instance ledger --rate 4/s --json');

    expect(JSON.parse(out)).toMatchObject({
      findings: [],
      simulations: [
        {
          instance: 'ledger',
          finalState: 'OPEN',
          transitions: [{ toState: 'OPEN', atMs: 11_050, afterCalls: 45 }],
          phases: [{ calls: { answered: 40 } }, { calls: { failed: 5, notPermitted: 115 } }],
        },
      ],
    });
  });

  it('examines the configuration with the traffic of the outage', async () => {
    const { out, code } = await run('resilience.yml --simulate outage.yml --rate 0.5/s');

    expect(out).toContain('minimum-never-reached');
    expect(out).toContain('The circuit breaker stays CLOSED: it does not open in 20 calls.');
    expect(code).toBe(1);
  });

  it('prints its usage', async () => {
    const { code, out } = await run('--help');

    expect(out).toMatch(/^Usage: doctor FILE/);
    expect(code).toBe(0);
  });

  it.each([
    ['', 'FILE is missing, e.g. resilience.yml.'],
    ['resilience.yml --late 2s', "Unknown option '--late'"],
    ['resilience.yml --rate often', "--rate is 'often'; allowed: a rate above 0 such as 0.5/s or 30/min."],
    ['resilience.yml --latency 0', "--latency is '0'; allowed: a duration above 0"],
    ['resilience.yml --concurrency 1.5', "--concurrency is '1.5'; allowed: a whole number"],
    ['resilience.yml --deadline soon', "--deadline is 'soon'; allowed: a duration above 0"],
    ['resilience.yml --instance custommer', "There is no instance 'custommer'; known instances: customer, ledger."],
    ['other.yml', 'other.yml defines no instance.'],
  ])('rejects the arguments %j with the reason and the usage', async (line, reason) => {
    const { code, out, err } = await run(line);

    expect(err).toContain(reason);
    expect(err).toContain('Usage: doctor FILE');
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it.each([
    ['missing.yml', 'missing.yml cannot be read: there is no such file.'],
    ['broken.yml', 'has 2 invalid options:'],
    ['resilience.yml --simulate missing.yml', 'missing.yml cannot be read'],
    ['resilience.yml --simulate bad-outage.yml', 'timeline is "soon"; allowed: a list such as'],
    ['resilience.yml --simulate two.yml', 'two.yml must contain one YAML document with a timeline.'],
  ])('rejects the files of %j with the reason', async (line, reason) => {
    const { code, out, err } = await run(line);

    expect(err).toContain(reason);
    expect(err).not.toContain('Usage');
    expect(out).toBe('');
    expect(code).toBe(2);
  });
});
