import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

/** A browser has no modules of Node.js. Vite would replace them by empty ones, and the page would fail at run time. */
const noNodeModules: Plugin = {
  name: 'no-node-modules',
  enforce: 'pre',
  resolveId: (id, importer) => {
    if (id.startsWith('node:')) throw new Error(`${importer} imports ${id}, which browsers do not have.`);
  },
};

/** Builds one script and one style sheet, which `build-page.ts` puts into the page. */
export default defineConfig({
  root: 'src',
  base: './',
  plugins: [noNodeModules],
  worker: { format: 'iife', plugins: () => [noNodeModules] },
  // The page is built from the sources of the library, in parallel with its own build.
  resolve: { conditions: ['@breakwater/source', ...defaultClientConditions] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { emptyOutDir: true, target: 'es2023', cssCodeSplit: false, modulePreload: false },
});
