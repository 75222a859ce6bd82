import { mount } from './page.tsx';
// Inlined, because a page of the file system cannot load the script of a worker.
// oxlint-disable-next-line import/default -- Vite makes the worker's class
import StormWorker from './storm.worker.ts?worker&inline';

mount(document.querySelector('#doctor')!, () => new StormWorker());
