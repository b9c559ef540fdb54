import { walkThrough } from './interrupts.js';

walkThrough('secrets');
