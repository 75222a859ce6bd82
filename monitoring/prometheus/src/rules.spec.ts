import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findPrometheusProgram } from './prometheus-program.ts';
import { prometheusFolder, rulesOf } from './rule-files.ts';

const promtool = findPrometheusProgram('promtool', 'the rules of Prometheus and their tests');
const folder = fileURLToPath(prometheusFolder);
const testFiles = globSync('tests/*.test.yml', { cwd: folder }).sort();

/** promtool ends soon and keeps little: collecting its garbage only below a limit takes a fifth less processor time. */
const env = { ...process.env, GOGC: 'off', GOMEMLIMIT: '512MiB' };

/** The output of promtool, and whether it succeeded. */
async function run(...args: readonly string[]): Promise<{ passed: boolean; output: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(promtool.file ?? '', args, { cwd: folder, env });
    return { passed: true, output: stdout + stderr };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return { passed: false, output: stdout + stderr };
  }
}

if (promtool.file === undefined) process.stderr.write(`${promtool.missing}\n`);

describe.skipIf(promtool.file === undefined)('promtool', () => {
  it('accepts the configuration of Prometheus and all rules', async () => {
    expect(await run('check', 'config', 'prometheus.yml')).toMatchObject({ passed: true });
  });

  it.each(testFiles)('runs %s without a failure', async (file) => {
    expect(await run('test', 'rules', file)).toMatchObject({ passed: true });
  });
});

it('finds promtool, which the checks of the rules need', ({ skip }) => {
  skip(promtool.file === undefined, promtool.missing);
  expect(promtool.file).toBeDefined();
});

describe('the tests of the rules', () => {
  interface Unit {
    readonly tests: readonly {
      readonly alert_rule_test?: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[];
      readonly promql_expr_test?: readonly { readonly expr: string }[];
    }[];
  }
  let tests: Unit['tests'];

  beforeEach(() => {
    tests = testFiles.flatMap((file) => (parse(readFileSync(`${folder}${file}`, 'utf8')) as Unit).tests);
  });

  it.each(rulesOf('alerts').map(({ alert }) => alert))('cover when %s fires, and when it does not', (name) => {
    const expected = tests
      .flatMap((test) => test.alert_rule_test ?? [])
      .filter(({ alertname }) => alertname === name)
      .map(({ exp_alerts: alerts = [] }) => alerts.length > 0);

    expect(new Set(expected)).toEqual(new Set([true, false]));
  });
});
