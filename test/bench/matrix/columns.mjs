/** What is run besides the machine's own Incus and Nix. */

/** Suites of Debian whose Incus and Nix the tests can be run on; `test:matrix` takes the first if it is given none. */
export const columns = ['forky', 'trixie'];
