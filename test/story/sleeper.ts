/** A unit that runs and does nothing. */
export const UNIT = `systemd.services.app = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/sleep infinity"; };`;
