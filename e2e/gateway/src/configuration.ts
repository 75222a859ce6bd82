import { readFileSync } from 'node:fs';

const workspaceFile = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const placeholder = /\$\{(GATEWAY_[A-Z_]+)\}/g;

/** The configuration with its placeholders, as all systems share it. */
export const template = workspaceFile('nginx/nginx.conf');

/** The placeholders that it has. */
export const placeholders = new Set(Array.from(template.matchAll(placeholder), ([, name = '']) => name));

/** Values by placeholder. */
export type GatewayValues = Readonly<Record<string, string>>;

/** What `envsubst` in the nginx image makes of it: a placeholder that has no value stays, and nginx refuses it. */
export const render = (values: GatewayValues): string =>
  template.replaceAll(placeholder, (given, name: string) => values[name] ?? given);

/** What docker-compose.yml gives the placeholders when nothing is set. */
export const composeValues: GatewayValues = Object.fromEntries(
  Array.from(
    workspaceFile('docker-compose.yml').matchAll(/^ {6}(GATEWAY_[A-Z_]+): (.*)$/gm),
    ([, name = '', value = '']) => [name, value.replace(/^'(.*)'$/, '$1').replace(/^\$\{\w+:-(.*)\}$/, '$1')],
  ),
);
