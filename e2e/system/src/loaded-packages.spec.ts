import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const entry = fileURLToPath(new URL('../../../apps/account/dist/main.js', import.meta.url));

/** Writes the names of the packages of OpenTelemetry that are loaded, at the end of the process. */
const recordsLoading = (file: string): string => `
  import { registerHooks } from 'node:module';
  import { writeFileSync } from 'node:fs';
  const loaded = new Set();
  registerHooks({
    load(url, context, nextLoad) {
      const name = /node_modules\\/@opentelemetry\\/([^/]+)/.exec(url)?.[1];
      if (name !== undefined) loaded.add(name);
      return nextLoad(url, context);
    },
  });
  process.on('exit', () => writeFileSync(${JSON.stringify(file)}, [...loaded].sort().join(' ')));
`;

/** The packages of OpenTelemetry that account loads until it fails to reach its database. */
async function loadedWith(environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-loaded-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [hook, loaded] = [path.join(directory, 'hook.mjs'), path.join(directory, 'loaded')];
  writeFileSync(hook, recordsLoading(loaded));
  // Nothing listens on port 1.
  const env = { PATH: process.env['PATH'], DATABASE_URL: 'postgres://u@127.0.0.1:1/d', ...environment };
  const errors = await new Promise<string>((resolve) => {
    execFile(process.execPath, ['--import', hook, entry], { env }, (_error, _out, errors) => resolve(errors));
  });
  expect(errors).toContain('account cannot start');
  return readFileSync(loaded, 'utf8').split(' ');
}

const withoutSdk = new Set(['api', 'context-async-hooks', 'core', 'semantic-conventions']);
const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };

describe('account', () => {
  it.each([{}, { ...collector, OTEL_SDK_DISABLED: 'true' }])(
    'loads only the propagator and the context of OpenTelemetry with %j',
    async (environment) => {
      const loaded = await loadedWith(environment);

      expect(loaded).toEqual(expect.arrayContaining(['api', 'context-async-hooks', 'core']));
      expect(loaded.filter((name) => !withoutSdk.has(name))).toEqual([]);
    },
  );

  it('loads the SDK and the exporters with an endpoint', async () => {
    expect(await loadedWith(collector)).toEqual(expect.arrayContaining(['sdk-trace', 'exporter-trace-otlp-proto']));
  });
});
