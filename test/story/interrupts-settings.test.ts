import { walkThrough } from './interrupts.js';

walkThrough('settings');
