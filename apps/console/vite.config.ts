import { defineConfig } from 'vite';

/** The page: files below `/console/`, each with its contents' hash in its name. */
export default defineConfig({
  root: 'src/page',
  base: '/console/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../../dist/page',
    emptyOutDir: true,
    target: 'es2023',
    // The page's policy lets no inline script in, and what is small is inlined as one otherwise.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
