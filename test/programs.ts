import { programsWith } from '../src/lib/processes.js';

/** Programs with the environment of this process, as the command line runs them. */
export const { capture, exec, launch, stream } = programsWith(process.env);
