import { readManifests, runNx } from './workspace.ts';

/**
 * `npm run generate [-- NAME...]`: writes the files that are generated from code and committed; without a name, all of them.
 *
 * A generator is a script `generate:NAME` of the workspace that owns the data. Several workspaces may have one of the same
 * name. Nx builds first what a generator needs.
 */
const prefix = 'generate:';
const known = readManifests()
  .flatMap(({ scripts }) => Object.keys(scripts))
  .filter((script) => script.startsWith(prefix))
  .map((script) => script.slice(prefix.length));
const names = process.argv.slice(2);
const unknown = names.filter((name) => !known.includes(name));

if (unknown.length > 0) {
  const available = [...new Set(known)].sort().join(', ');
  process.stderr.write(`✖ There is no generator ${unknown.join(', ')}. Available: ${available}.\n`);
  process.exitCode = 2;
} else {
  const targets = (names.length === 0 ? known : names).map((name) => `${prefix}${name}`);
  process.exitCode = await runNx('run-many', '-t', ...new Set(targets), '--parallel=1', '--output-style=stream');
}
