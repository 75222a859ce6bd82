// Plain JavaScript on purpose: it must run on the very versions that it turns away.
const needed = 24;
const [major] = process.versions.node.split('.').map(Number);

if (major < needed) {
  process.stderr.write(
    `Breakwater needs Node.js ${needed} or newer, but ${process.execPath} is ${process.version}.\n` +
      `On Linux and Windows (x64, and arm64 on Linux) "npm ci" brings it along, unless optional dependencies are left out: ` +
      `run "npm ci --include=optional".\n` +
      `Elsewhere install Node.js ${needed}, for instance with a version manager that reads .nvmrc.\n`,
  );
  process.exit(1);
}
