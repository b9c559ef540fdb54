import { walkThrough } from './interrupts.js';

walkThrough('system');
