import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { installK6 } from './k6-program.ts';

/** A folder with a program `go` that runs this script. */
function withGo(script: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'breakwater-go-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'go'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return folder;
}

it('reports that it builds k6, and that it still does, and why it failed', async () => {
  const folder = withGo('until [ -e "$GO_MAY_END" ]; do sleep 0.01; done; echo "no such module" >&2; exit 1');
  const mayEnd = path.join(folder, 'end');
  const lines: string[] = [];
  const report = (line: string): void => {
    lines.push(line);
    if (lines.length === 2) writeFileSync(mayEnd, '');
  };

  const env = { PATH: `${folder}:${process.env['PATH']}`, GO_MAY_END: mayEnd };
  await expect(installK6({ report, intervalMs: 10, env })).rejects.toThrow(
    /^go install go\.k6\.io\S+ failed: no such module$/,
  );

  expect(lines[0]).toMatch(/^Building k6 [\d.]+ with Go/);
  expect(lines[1]).toMatch(/^still building, for \d+ s$/);
});

it('reports that there is no Go', async () => {
  await expect(installK6({ report: () => {}, env: { PATH: '/nowhere' } })).rejects.toThrow('Go is not installed');
});
