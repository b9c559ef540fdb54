import { walkThrough } from './interrupts.js';

walkThrough('exposure');
