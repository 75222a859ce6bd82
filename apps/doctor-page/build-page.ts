import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

/**
 * Builds `dist/index.html`, one file with its script and its styles: browsers load no modules from the file system, and the page
 * is to open there.
 */
const project = import.meta.dirname;
const outDir = join(project, 'dist');
await build({
  configFile: join(project, 'vite.config.ts'),
  root: join(project, 'src'),
  logLevel: 'warn',
  build: { outDir },
});

const page = join(outDir, 'index.html');
const contentOf = (file: string) => readFileSync(join(outDir, file), 'utf8');
const html = readFileSync(page, 'utf8')
  .replace(/<script type="module" crossorigin src="([^"]+)"><\/script>/, (_, file: string) => {
    return `<script type="module">${contentOf(file).replaceAll('</script', '<\\/script')}</script>`;
  })
  .replace(
    /<link rel="stylesheet" crossorigin href="([^"]+)">/,
    (_, file: string) => `<style>${contentOf(file)}</style>`,
  );
if (/ (?:src|href)="\.\//.test(html.replace(/<script type="module">.*<\/script>/s, ''))) {
  throw new Error(`${page} refers to another file.`);
}
writeFileSync(page, html);
rmSync(join(outDir, 'assets'), { recursive: true });
