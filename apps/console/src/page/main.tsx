import { render } from 'preact';
import { Console } from './console.tsx';

const container = document.getElementById('console');
if (container !== null) render(<Console />, container);
