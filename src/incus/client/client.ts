import type { Incus } from '../../domain/services.js';
import { archivesOf } from './archives.js';
import { attachOver } from './attach.js';
import { withErrorContext } from './attempt.js';
import { connector } from './connections.js';
import { feedOf } from './feed.js';
import { sender } from './http.js';
import { insideOf } from './inside.js';
import { instancesOf } from './instances.js';
import { RestClient } from './operations.js';
import { instancesFrom, ManagedInstances } from './own.js';
import { powerOf } from './power.js';
import { waitForProject } from './quiesce.js';
import { hasImage } from './server.js';
import { noTrials, Sharing, type Trials } from './sharing.js';
import { Shells } from './shells.js';
import { snapshotsOf } from './snapshots.js';
import { dialer } from './streams.js';
import { transferOver } from './transfer.js';
import { volumesOf } from './volumes.js';

/**
 * The Incus port over the daemon's socket. It writes only to instances and volumes that bear `project`'s marks.
 * `trials`: what is known of what the daemon can do.
 */
export function incusOver(socket: string, project: string, trials: Trials = noTrials): Incus {
  const rest = new RestClient(sender(socket));
  const sharing = new Sharing(rest, trials);
  const own = new ManagedInstances(rest, project);
  return {
    instances: () =>
      withErrorContext('listing instances', async () => {
        const found = await rest.get('/1.0/instances?recursion=1&all-projects=true');
        return instancesFrom(found?.metadata);
      }),
    waitForOperations: () =>
      withErrorContext('waiting for what runs on the instances', () => waitForProject(project, rest)),
    unshareable: () => withErrorContext('asking Incus what its host can do', () => sharing.unshareable()),
    trySharing: () => sharing.try(),
    hasImage: (alias) => withErrorContext(`looking for the image \`${alias}\``, () => hasImage(alias, rest)),
    ...instancesOf(rest, own),
    ...powerOf(rest, own),
    ...insideOf(rest, own, dialer(socket), new Shells({ rest, connect: connector(socket) })),
    ...feedOf(own, attachOver({ rest, connect: connector(socket) })),
    ...volumesOf(rest, project, sharing),
    ...snapshotsOf(rest, project),
    ...archivesOf(rest, transferOver(socket), project),
  };
}
