import { mount } from '@breakwater/doctor-page/page';
// oxlint-disable-next-line import/default -- Vite makes the worker's class
import StormWorker from '@breakwater/doctor-page/worker?worker';

mount(document.querySelector('#doctor')!, () => new StormWorker());
