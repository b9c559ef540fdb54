import type { AddVerb } from './command-line.js';
import { addAdopt } from './commands/adopt.js';
import { addBackup } from './commands/backup.js';
import { addBackups } from './commands/backups.js';
import { addCheck } from './commands/check.js';
import { addCompletion } from './commands/completion.js';
import { addConfig } from './commands/config.js';
import { addDeploy } from './commands/deploy.js';
import { addDiff } from './commands/diff.js';
import { addDoctor } from './commands/doctor.js';
import { addDown } from './commands/down.js';
import { addExec } from './commands/exec.js';
import { addGc } from './commands/gc.js';
import { addHelp } from './commands/help.js';
import { addHistory } from './commands/history.js';
import { addInit } from './commands/init.js';
import { addLogs } from './commands/logs.js';
import { addOpen } from './commands/open.js';
import { addPower } from './commands/power.js';
import { addPs } from './commands/ps.js';
import { addRestore } from './commands/restore.js';
import { addRm } from './commands/rm.js';
import { addRollback } from './commands/rollback.js';
import { addRuns } from './commands/runs.js';
import { addSchema } from './commands/schema.js';
import { addShell } from './commands/shell.js';
import { addShow } from './commands/show.js';
import { addTop } from './commands/top.js';
import { addUp } from './commands/up.js';
import { addUpdate } from './commands/update.js';
import { addValidate } from './commands/validate.js';
import { addVolume } from './commands/volume.js';

/** All verbs, as the help has them: by what they are for, the usual ones first. */
export const VERBS: Readonly<Record<string, readonly AddVerb[]>> = {
  'Run:': [addUp, addDown, addPower, addRm, addUpdate, addRollback, addExec, addShell, addDeploy],
  'Look:': [addDiff, addShow, addPs, addLogs, addTop, addOpen, addHistory, addRuns],
  'Data:': [addBackup, addBackups, addRestore, addVolume, addGc],
  'Write:': [addInit, addValidate, addConfig, addSchema, addCheck, addAdopt],
  'Host:': [addDoctor, addCompletion, addHelp],
};
