import { render } from 'preact';
import { Console } from './view/console.tsx';

const place = document.getElementById('console');
if (place !== null) render(<Console />, place);
