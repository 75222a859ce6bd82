import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nginxValues } from './choose-gateway.ts';
import { SystemFailure } from '../system-failure.ts';
import { renderTemplate } from './template.ts';
import { workspaceRoot } from '../workspace.ts';

describe('a template', () => {
  it('has its placeholders replaced, each time they occur', () => {
    expect(renderTemplate('${A} and ${B_2} and ${A}', { A: 'one', B_2: 'two' })).toBe('one and two and one');
  });

  it("keeps nginx's own variables", () => {
    expect(renderTemplate('$request_id ${lower} ${NAME}', { NAME: 'x' })).toBe('$request_id ${lower} x');
  });

  it('takes values as they are, whatever characters are in them', () => {
    expect(renderTemplate('${A}', { A: '$& ${B} $1' })).toBe('$& ${B} $1');
  });

  it('is refused when a placeholder has no value', () => {
    const rendering = (): string => renderTemplate('${KNOWN} ${UNKNOWN}', { KNOWN: '' });

    expect(rendering).toThrow(SystemFailure);
    expect(rendering).toThrow('No value for the placeholder UNKNOWN');
  });

  it('is refused when a value has no placeholder', () => {
    expect(() => renderTemplate('${A}', { A: '', OLD_NAME: '' })).toThrow('no placeholder OLD_NAME');
  });
});

describe('nginx/nginx.conf', () => {
  const template = readFileSync(path.join(workspaceRoot, 'nginx', 'nginx.conf'), 'utf8');
  const rendered = renderTemplate(
    template,
    nginxValues({ port: 8080, accountPorts: [8081, 8082], runDirectory: '/somewhere', logFile: '' }),
  );

  it('listens on loopback only', () => {
    expect(rendered).toContain('listen 127.0.0.1:8080;');
  });

  it('balances over both accounts', () => {
    expect(rendered).toMatch(/least_conn;\s+server 127\.0\.0\.1:8081 [^;]+;\s+server 127\.0\.0\.1:8082 [^;]+;/);
  });

  it('keeps its files where it is told to', () => {
    expect(rendered).toContain('pid /somewhere/nginx.pid;');
    expect(rendered).not.toMatch(/\/var\/|\/run\//);
  });

  it('repeats a request that is not idempotent only where it has a key', () => {
    expect(rendered.match(/proxy_next_upstream [a-z_ ]+;/g)).toEqual([
      'proxy_next_upstream error timeout non_idempotent;',
      'proxy_next_upstream error timeout;',
    ]);
  });
});
