import { userInfo } from 'node:os';

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the password database.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
