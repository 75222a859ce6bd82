import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { composeVersion, findTracingProgram, tracingFolder } from './tracing-programs.ts';

const programs = [
  {
    program: findTracingProgram('otelcol', 'the configuration of the OpenTelemetry Collector'),
    name: 'otelcol',
    configuration: 'collector.yaml',
    service: 'otel-collector',
  },
  {
    program: findTracingProgram('jaeger', 'the configuration of Jaeger'),
    name: 'jaeger',
    configuration: 'jaeger.yaml',
    service: 'jaeger',
  },
] as const;

for (const { program } of programs) if (program.file === undefined) process.stderr.write(`${program.missing}\n`);

const read = (file: string): string => readFileSync(join(tracingFolder, file), 'utf8');

/** What a program says about a configuration; empty when it accepts it. */
async function faultsOf(program: string | undefined, configuration: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-tracing-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'configuration.yaml');
  writeFileSync(file, configuration);
  try {
    await promisify(execFile)(program ?? '', ['validate', '--config', file]);
    return '';
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

describe.each(programs)('$configuration', ({ program, name, configuration, service }) => {
  it.skipIf(program.file === undefined)(`is accepted by ${name}, which refuses an unknown component`, async () => {
    expect(await faultsOf(program.file, read(configuration))).toBe('');
    expect(await faultsOf(program.file, read(configuration).replace('\n  otlp:', '\n  otpl:'))).toContain('otpl');
  });

  it('has a program of the version that compose runs', () => {
    const version = composeVersion(service);

    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(read('programs/build.sh')).toContain(`\n${name === 'otelcol' ? 'collector' : name}=${version}\n`);
  });

  it(`finds ${name}, which its check needs`, ({ skip }) => {
    skip(program.file === undefined, program.missing);
    expect(program.file).toBeDefined();
  });
});

it('builds the collector from modules of its version', () => {
  expect(read('programs/collector/go.mod')).toContain(
    `go.opentelemetry.io/collector/otelcol v${composeVersion('otel-collector')}\n`,
  );
});
