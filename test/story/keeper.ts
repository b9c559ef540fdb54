/** A worker that writes where it is told to, as a user of its own: it counts as started once it has. */
export const KEEPER = `
  systemd.services.keeper = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { DynamicUser = true; StateDirectory = "keeper"; ExecStartPre = "/bin/sh -c 'date >> /var/lib/keeper/starts'"; ExecStart = "/bin/sleep infinity"; };
  };
`;
export const STARTS = '/var/lib/keeper/starts';
