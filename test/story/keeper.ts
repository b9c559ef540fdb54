/** A worker that writes where it is told to, as a user of its own. */
export const KEEPER = `
  systemd.services.keeper = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { DynamicUser = true; StateDirectory = "keeper"; ExecStart = "/bin/sh -c 'date >> /var/lib/keeper/starts; exec sleep infinity'"; };
  };
`;
export const STARTS = '/var/lib/keeper/starts';
