import { walkThrough } from './interrupts.js';

walkThrough('storage');
