import { join } from 'node:path';
import { defaultClientConditions, defineConfig } from 'vite';

/** Builds the page, and the doctor's page at `doctor/`, for `/console/`, with a hash of the content in the name of each file. */
export default defineConfig({
  root: 'src/page',
  base: '/console/',
  // The page is built from the sources of the libraries, in parallel with their own build.
  resolve: { conditions: ['@breakwater/source', ...defaultClientConditions] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    rolldownOptions: {
      input: ['index.html', 'doctor/index.html'].map((page) => join(import.meta.dirname, 'src/page', page)),
    },
    outDir: '../../dist/page',
    emptyOutDir: true,
    target: 'es2023',
    // The first with `light-dark()`. What replaces it for older ones ignores the colour scheme that the user chooses.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The content security policy allows no inline scripts, and vite would inline small files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
