import { describe, expect, test } from '@jest/globals';
import { golden, shown } from './worlds.js';

describe('a volume', () => {
  test('is made before the container is touched, and attached while it is stopped', () => {
    expect(shown({ want: ['web 80 volumes=data:/var/lib/web:1GiB'], have: ['web 80'] })).toBe(
      golden(`
        web: restart
        [1] web/evaluate, its services must suit what is mounted
        [2] #1 web/make-volume:data, volume data is not there
        [3] #2 web/stop, what changes is only looked at when the container starts !container
        [4] #3 web/attach:volume-data, volume data belongs at /var/lib/web
        [5] #4 web/unexpose:web, 127.0.0.1:80 opens when the system is up
        [6] #5 web/start, it was stopped for the change
        [7] #6 web/settle, the app must run the system it was given
        [8] #7 web/expose:web, its system is up
        [9] #8 web/record, as the manifest says: storage
      `),
    );
  });

  test('that is no longer wanted is taken away and kept', () => {
    expect(shown({ want: ['web'], have: ['web - volumes=data:/x'] })).toBe(
      golden(`
        web: restart
        [1] web/stop, what changes is only looked at when the container starts !container
        [2] #1 web/detach:volume-data, volume data is not in the manifest any more; it is kept
        [3] #2 web/start, it was stopped for the change
        [4] #3 web/settle, the app must run the system it was given
        [5] #4 web/record, as the manifest says: storage
      `),
    );
  });

  test('of another name at the same path is another volume: the old one goes first', () => {
    expect(shown({ want: ['web - volumes=files:/x'], have: ['web - volumes=data:/x'] })).toBe(
      golden(`
        web: restart
        [1] web/evaluate, its services must suit what is mounted
        [2] #1 web/make-volume:files, volume files is not there
        [3] #2 web/stop, what changes is only looked at when the container starts !container
        [4] #3 web/detach:volume-data, volume data is not in the manifest any more; it is kept
        [5] #4 web/attach:volume-files, volume files belongs at /x
        [6] #5 web/start, it was stopped for the change
        [7] #6 web/settle, the app must run the system it was given
        [8] #7 web/record, as the manifest says: storage
      `),
    );
  });

  test('of another size is resized while the app runs', () => {
    expect(shown({ want: ['web - volumes=data:/x:2GiB'], have: ['web - volumes=data:/x:1GiB'] })).toBe(
      golden(`
        web: reconfigure
        [1] web/resize-volume:data, size of data 1GiB → 2GiB
        [2] #1 web/record, as the manifest says: storage
      `),
    );
  });

  test('whose size a person changed gets back the one it should have: none', () => {
    expect(shown({ want: ['web - volumes=data:/x'], have: ['web'], volumes: ['web/data:1GiB'] })).toBe(
      golden(`
        web: restart
        [1] web/evaluate, its services must suit what is mounted
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/resize-volume:data, size of data 1GiB → unlimited
        [4] #3 web/attach:volume-data, volume data belongs at /x
        [5] #4 web/start, it was stopped for the change
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/record, as the manifest says: storage
      `),
    );
  });

  test('at another path is mounted there', () => {
    expect(shown({ want: ['web - volumes=data:/y'], have: ['web - volumes=data:/x'] })).toBe(
      golden(`
        web: restart
        [1] web/evaluate, its services must suit what is mounted
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/attach:volume-data, volume data belongs at /y
        [4] #3 web/start, it was stopped for the change
        [5] #4 web/settle, the app must run the system it was given
        [6] #5 web/record, as the manifest says: storage
      `),
    );
  });

  test('that changes places with another makes room first: Incus lets no two devices be at one path', () => {
    expect(shown({ want: ['web - volumes=a:/y,b:/x'], have: ['web - volumes=a:/x,b:/y'] })).toBe(
      golden(`
        web: restart
        [1] web/evaluate, its services must suit what is mounted
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/detach:volume-a, volume a makes room at /x
        [4] #3 web/detach:volume-b, volume b makes room at /y
        [5] #4 web/attach:volume-a, volume a belongs at /y
        [6] #5 web/attach:volume-b, volume b belongs at /x
        [7] #6 web/start, it was stopped for the change
        [8] #7 web/settle, the app must run the system it was given
        [9] #8 web/record, as the manifest says: storage
      `),
    );
  });

  test('that was taken away by hand is attached again', () => {
    expect(shown({ want: ['web - volumes=data:/x'], have: ['web - volumes=data:/x mounts=none'] })).toBe(
      golden(`
        web: restart
        [1] web/evaluate, its services must suit what is mounted
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/attach:volume-data, volume data belongs at /x
        [4] #3 web/start, it was stopped for the change
        [5] #4 web/settle, the app must run the system it was given
        [6] #5 web/record, as the manifest says: storage
      `),
    );
  });
});

describe('a bind', () => {
  test('is added under a device name that is free; a missing folder is made first', () => {
    expect(
      shown({ want: ['web - binds=/srv/x:/x,/srv/new:/new:create'], have: ['web - binds=/srv/x:/x'] }),
    ).toBe(
      golden(`
        web: restart
        [1] web/evaluate, its services must suit what is mounted
        [2] #1 web/make-folder:/srv/new, /srv/new must be there
        [3] #2 web/stop, what changes is only looked at when the container starts !container
        [4] #3 web/attach:bind-2, /srv/new belongs at /new
        [5] #4 web/start, it was stopped for the change
        [6] #5 web/settle, the app must run the system it was given
        [7] #6 web/record, as the manifest says: storage
      `),
    );
  });

  test('that becomes read-only keeps its device', () => {
    expect(shown({ want: ['web - binds=/srv/x:/x:ro'], have: ['web - binds=/srv/x:/x'] })).toBe(
      golden(`
        web: restart
        [1] web/evaluate, its services must suit what is mounted
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/attach:bind-1, /srv/x belongs at /x, read-only
        [4] #3 web/start, it was stopped for the change
        [5] #4 web/settle, the app must run the system it was given
        [6] #5 web/record, as the manifest says: storage
      `),
    );
  });

  test('that is no longer wanted is taken away', () => {
    expect(shown({ want: ['web - binds=/srv/b:/b'], have: ['web - binds=/srv/a:/a,/srv/b:/b'] })).toBe(
      golden(`
        web: restart
        [1] web/stop, what changes is only looked at when the container starts !container
        [2] #1 web/detach:bind-1, /a is not in the manifest any more
        [3] #2 web/start, it was stopped for the change
        [4] #3 web/settle, the app must run the system it was given
        [5] #4 web/record, as the manifest says: storage
      `),
    );
  });

  test('whose folder has gone gets one', () => {
    expect(shown({ want: ['web - binds=/srv/b:/b:create'], have: ['web - binds=/srv/b:/b'] })).toBe(
      golden(`
        web: reconfigure
        [1] web/make-folder:/srv/b, /srv/b must be there
        [2] #1 web/record, as the manifest says
      `),
    );
  });

  test('takes the place of a volume', () => {
    expect(shown({ want: ['web - plug=card:gpu binds=/srv/x:/x'], have: ['web - volumes=data:/x'] })).toBe(
      golden(`
        web: restart
        [1] web/evaluate, its services must suit what is mounted
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/detach:volume-data, volume data is not in the manifest any more; it is kept
        [4] #3 web/attach:card, card changed
        [5] #4 web/attach:bind-1, /srv/x belongs at /x
        [6] #5 web/start, it was stopped for the change
        [7] #6 web/settle, the app must run the system it was given
        [8] #7 web/record, as the manifest says: storage, container
      `),
    );
  });
});

describe('limits', () => {
  test('are set while the app runs', () => {
    expect(
      shown({
        want: ['web - limits=memory:2GiB,cpu:50%'],
        have: ['web - limits=memory:1GiB,cpu:2,autostart:true'],
      }),
    ).toBe(
      golden(`
        web: reconfigure
        [1] web/configure, limits memory 1GiB → 2GiB, limits cpu 2 → 50%, limits autostart true → none
        [2] #1 web/record, as the manifest says: limits
      `),
    );
  });

  test('that a person set are taken away', () => {
    expect(shown({ want: ['web'], have: ['web - seen-limits=memory:9GiB'] })).toBe(
      golden(`
        web: reconfigure
        [1] web/configure, limits memory drifted 9GiB → none
        [2] #1 web/record, as the manifest says: limits
      `),
    );
  });
});

describe('what is handed to Incus as it is', () => {
  test('a key that is only looked at at the start: the container is restarted', () => {
    expect(shown({ want: ['web - config=security.guestapi:true'], have: ['web'] })).toBe(
      golden(`
        web: restart
        [1] web/configure, config.security.guestapi none → true
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/start, it was stopped for the change
        [4] #3 web/settle, the app must run the system it was given
        [5] #4 web/record, as the manifest says: container
      `),
    );
  });

  test('a key that Incus applies at once: it is not', () => {
    expect(
      shown({
        want: ['web - config=limits.processes:500'],
        have: ['web - config=limits.processes:400,user.x:1'],
      }),
    ).toBe(
      golden(`
        web: reconfigure
        [1] web/configure, config.limits.processes 400 → 500, config.user.x 1 → none
        [2] #1 web/record, as the manifest says: container
      `),
    );
  });

  test('a key that was changed by hand', () => {
    expect(
      shown({
        want: ['web - config=security.guestapi:true'],
        have: ['web - config=security.guestapi:true seen-config=security.guestapi:false'],
      }),
    ).toBe(
      golden(`
        web: restart
        [1] web/configure, config.security.guestapi drifted false → true
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/start, it was stopped for the change
        [4] #3 web/settle, the app must run the system it was given
        [5] #4 web/record, as the manifest says: container
      `),
    );
  });

  test('profiles', () => {
    expect(shown({ want: ['web - profiles=default,gpu'], have: ['web'] })).toBe(
      golden(`
        web: restart
        [1] web/configure, container profiles none → default,gpu
        [2] #1 web/stop, what changes is only looked at when the container starts !container
        [3] #2 web/start, it was stopped for the change
        [4] #3 web/settle, the app must run the system it was given
        [5] #4 web/record, as the manifest says: container
      `),
    );
  });

  test('devices are plugged and unplugged while it runs', () => {
    expect(shown({ want: ['web - plug=card:gpu'], have: ['web - plug=key:usb'] })).toBe(
      golden(`
        web: reconfigure
        [1] web/detach:key, key changed
        [2] #1 web/attach:card, card changed
        [3] #2 web/record, as the manifest says: container
      `),
    );
  });
});

test('what a run that was cut short left, and nobody asks for now, is taken away', () => {
  expect(shown({ want: ['web'], have: ['web - volumes=data:/x limits=memory:1GiB state=creating'] })).toBe(
    golden(`
      web: create
      [1] web/evaluate, not there yet
      [2] #1 web/build, not there yet
      [3] #2 web/set-profile, not there yet
      [4] #3 ~2 web/configure, limits memory drifted 1GiB → none
      [5] #4 ~2 web/stop, not there yet !container
      [6] #5 ~2 web/detach:volume-data, volume data is not in the manifest any more; it is kept
      [7] #6 web/start, it was stopped for the change
      [8] #7 web/settle, the app must run the system it was given
      [9] #8 web/record, as the manifest says: power, system, storage, limits, meta
      [10] #9 web/collect, 5 are kept
    `),
  );
});

test('a stopped app is changed before it starts', () => {
  expect(shown({ want: ['web - volumes=data:/x limits=memory:1GiB'], have: ['web - status=Stopped'] })).toBe(
    golden(`
      web: start
      [1] web/evaluate, its services must suit what is mounted
      [2] #1 web/make-volume:data, volume data is not there
      [3] #2 web/configure, limits memory none → 1GiB
      [4] #3 web/attach:volume-data, volume data belongs at /x
      [5] #4 web/start, it is stopped
      [6] #5 web/settle, the app must run the system it was given
      [7] #6 web/record, as the manifest says: power, storage, limits
    `),
  );
});
