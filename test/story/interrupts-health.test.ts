import { walkThrough } from './interrupts.js';

walkThrough('health');
