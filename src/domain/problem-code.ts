/**
 * What a script can tell problems apart by: stable, where the words of a message are not. Each says what has happened
 * and what to do about it; docs/errors.md is made from it. One that was released is neither renamed nor given away.
 */
export const PROBLEM_CODES = {
  // The command line, and what it names.
  usage: 'The command line is not one that pets understands; the hint has the usage.',
  'not-confirmed':
    'What cannot be undone was not confirmed, and nothing was touched; the hint has the command.',
  interrupted: 'A signal or Ctrl-C came before anything was changed, or after it was put back; run it again.',
  'app-unknown': 'No app, pet or tag has this name; the hint has those that there are.',
  'name-ambiguous': 'What was given fits several; name one of those in the hint.',
  'instance-unknown': 'Incus has no instance of the name that was given.',
  'instance-unfit': 'An instance cannot become a pet as it is; the message says why.',
  'run-unknown': 'There is no record of the run that was asked for; `pets runs` lists them.',
  'run-unreadable': 'The records of runs belong to another user; run pets as that one, or as root.',
  'generation-unknown': 'The app has no such generation; `pets history` lists them.',
  'volume-unknown': 'The project has no such volume; `pets volume ls` lists them.',
  'app-not-made': 'The app has no container yet; `pets up` makes it.',
  'app-not-running': 'The app is stopped or frozen, and the command needs it to run; `pets start` starts it.',
  'app-not-startable':
    'The app cannot be started as it was last applied; `pets up` brings it to what is wanted.',
  'app-held': 'Somebody holds the app at the system that serves it; `pets unhold` ends that.',
  'app-not-whole':
    'No run has brought the app up whole yet, so it has no system to go on with; `pets up` does.',
  'app-not-exposed': 'The app has no URL; give it a `port` in the manifest.',
  'notify-missing': 'The manifest names nobody to tell; `[notify]` does.',
  'notify-failed': 'A notice could not be delivered; the message says why, and the next run tries again.',
  'alerts-unreadable': 'What is kept of alerts is not what pets writes; the next run begins it anew.',
  'alerts-unwritable': 'Alerts cannot be kept on this host; the message says why.',
  'folder-gone': 'The current folder was deleted; change to one that is there.',
  'file-exists': 'Something stands where a file would be written; nothing is ever overwritten.',
  'file-changed': 'A file was changed by somebody else meanwhile; run the same command again.',
  'file-unreadable': 'A file cannot be read, or is not what it should be; the message says why.',
  'file-unwritable': 'A file or folder cannot be written; see its permissions and the disk.',

  // A rehearsal; nothing was touched.
  'rehearsal-refused':
    'A new system was not healthy in its twin, where the one that serves is; its journal is shown.',
  'rehearsal-impossible':
    'A new system could not be rehearsed, so nobody knows; `--no-rehearse` goes without.',

  // The manifest and its lock.
  'manifest-missing': 'There is no manifest where one was looked for; `pets init` writes one.',
  'manifest-unreadable': 'The manifest is there and cannot be read as a text file.',
  'manifest-syntax': 'The manifest is no TOML; the place says where.',
  'manifest-unknown-key':
    'The manifest has a key that means nothing there; the hint says which may be meant.',
  'manifest-missing-key': 'The manifest lacks a key that is needed there; the hint has an example.',
  'manifest-value': 'A value in the manifest is not one that its key takes.',
  'manifest-conflict': 'Two parts of the manifest do not go together; change one of them.',
  'manifest-untrusted': 'The app would reach the host itself; `incus.trusted = true` allows that for it.',
  'manifest-changed': 'The manifest became that of another project meanwhile; run the same command again.',
  'manifest-read-only': 'There is no manifest that is a file to write in; name one with --file.',
  'reference-invalid': 'What was given is no flake reference that pets takes.',
  'reference-local':
    'A name of the flake registry stands for a folder of this host; write the folder itself.',
  'lock-damaged': 'The lock is not what pets writes; take it from version control, or delete it.',
  'lock-newer': 'The lock was written by a later pets; update pets.',
  'lock-missing': 'There is no lock to keep pins in; name one with --lock-file.',

  // What the plan finds in the way; nothing was touched.
  'name-taken':
    "The app's name is taken by an instance that is not the project's; rename the app or adopt it.",
  'instance-foreign': 'The instance belongs to somebody else and was not touched; `incus` can work with it.',
  'instance-broken': 'Incus is in trouble with the instance; `incus info --show-log` says more.',
  'instance-protected': 'Incus protects the instance against what would be done; the hint lifts that.',
  'rename-unfinished': 'A rename was cut short; `pets up` of the app in the hint takes it back.',
  'port-taken': 'A port or socket is taken, in the manifest or on this host; choose another or free it.',
  'address-missing': 'This host has no such address; take one that it has, or bring up the VPN.',
  'store-unshareable': "The host's store cannot be shared here; give the app a store of its own.",
  'image-missing': 'Incus has no such image; the hint fetches it.',
  'dependency-not-running': 'An app comes after another that does not run; bring up both.',
  'device-clash':
    'A device that somebody added is in the way of one of the manifest; remove it or rename ours.',
  'volume-clash': 'Two apps that become one both have the volume; delete the one that is not wanted.',
  'volume-in-use': 'Another instance uses the volume; detach it there.',
  'path-missing': 'A file or folder of this host that the manifest names is not there; make it.',
  'path-unfit': 'What is at a path of this host is of another kind than the manifest says.',

  // A plan that was saved; nothing was touched.
  'plan-stale':
    'Something is no longer what a saved plan was made from; the messages say what, `pets diff --out` plans anew.',
  'plan-damaged':
    'A file is no plan of pets, or was changed since it was saved; `pets diff --out` makes one.',
  'plan-newer': 'The plan was saved by a later pets; update pets, or plan anew with this one.',
  'plan-foreign': 'The saved plan is that of another project; name its manifest with --file.',

  // Sources, Nix and builds.
  'source-missing': 'A source has no such folder or file; check the path.',
  'source-untracked': 'Nix sees only what git tracks; `git add` the file.',
  'source-unfit': 'A source holds something that Nix cannot take; the message names it.',
  'source-unreadable': 'A source cannot be read; see its permissions.',
  'git-failed': 'git does not work with the folder; run the command in the hint.',
  'evaluation-failed': "Nix cannot evaluate the app's system; its words are in the message.",
  'fetch-failed': 'Nix cannot fetch a source; see the network, the address and the credentials.',
  'build-failed': 'A build failed; its last lines are in the log.',
  'nix-failed':
    'Nix failed at something else, or answered what pets does not know; its words are in the message.',
  'pin-gone': 'What was pinned is not there any more; `pets update` pins what is there now.',
  'system-missing': 'A system is not in the store any more, and no substituter has it; build or copy it.',
  'system-invalid': 'What should be a NixOS system is none.',
  'package-missing': 'The flake has no such package; the hint has those that there are.',
  'contract-incomplete': 'The flake lacks what its app needs; the hints say what to write.',
  'service-unknown': 'The flake declares no such service, or several and none was named.',
  'option-unknown': 'The service has no such option; the hint has those that there are.',
  'flake-not-editable':
    'flake.nix cannot be changed safely and was left as it is; the hint has what to write.',
  'program-missing': 'A program that pets needs is not in PATH; install it.',
  'program-timeout': 'A program did not end in its time and was ended; run the same command again.',

  // The daemon.
  'daemon-unreachable': 'No Incus daemon answers on the socket; start it, or set INCUS_SOCKET.',
  'daemon-denied': 'This user may not use the socket of Incus; join the group that owns it, or use sudo.',
  'daemon-lost': 'The connection to Incus broke; run the same command again.',
  'daemon-refused': 'Incus refused or failed at a request; its words are in the message.',
  'operation-timeout': 'Incus did not finish in time and may still be at it; see `incus operation list`.',
  'pool-unclear': 'It is not clear which storage pool is meant; give the default profile a root disk.',
  'disk-full': 'What is needed does not fit on the storage pool; `pets gc` makes room.',

  // Guests.
  'start-failed': 'The container could not be started; the log has what LXC said.',
  'guest-died': 'The container died; `incus info --show-log` says more.',
  'guest-frozen': 'Somebody froze the container; `pets up` thaws it.',
  'guest-unanswering': 'The systemd of the guest does not answer; run the same command again.',
  'guest-output': 'A command in the guest printed more than pets takes.',
  'guest-nix-missing': 'The guest has no Nix, which a store of its own needs; take another image.',
  'boot-failed': 'The guest did not come up with its system; look into its journal.',
  'switch-refused': 'The guest cannot be switched while it runs, and the manifest allows no restart.',
  'switch-failed': "Switching the guest to its new system failed; fix the app's system.",
  'unit-failed': 'A unit of the guest failed; `pets logs` shows why.',
  'health-failed': 'The app is not healthy; the message has what was looked at, the log what it said.',
  'exposure-failed': 'An exposure was made, and nothing accepts connections there.',
  'journal-unreadable': 'The journal of the guest cannot be read.',
  'transfer-failed': 'Sending a system into the guest broke off; `pets up` sends the rest.',
  'profile-clash': 'Two apps that become one both have generations on this host; remove the one not wanted.',
  'profile-denied': 'This user may not write where generations are kept; the hint makes the folder as root.',
  'volume-missing': 'A volume is gone that was there a moment ago; `pets up` makes it.',

  // Secrets, backups, and what pets keeps.
  'secret-missing': 'The file or variable that a secret comes from is not there.',
  'secret-unreadable': 'The file that a secret comes from cannot be read.',
  'secret-too-large': 'A secret is larger than systemd takes; what is larger is data.',
  'secret-command-failed': 'The command that prints a secret failed; its last words are in the message.',
  'secret-owner-unknown': 'The guest has no user of the name that a secret is to belong to.',
  'backup-unknown': 'The app has no such backup; the hint has those that there are.',
  'backup-damaged': 'A backup is not what was written, and nothing was touched; take another.',
  'backup-failed': 'A backup cannot be read or written; see the disk and its permissions.',
  'backup-empty': 'There is nothing to back up: the app has no volumes.',
  'copy-missing': 'There is no copy of what the volumes held at that generation; restore a backup.',
  'project-locked': 'Another run holds the project; wait for it, or give --lock-wait.',
  'lock-failed': 'The project cannot be locked on this host; the message says why.',
  'state-unusable':
    'What pets keeps on this host cannot be read or written; run it as the user who ran it before.',
  bug: 'This is a bug in pets; report it with the lines of the hint.',
} as const;

export type ProblemCode = keyof typeof PROBLEM_CODES;
