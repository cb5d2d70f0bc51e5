/** Makes an empty repository somewhere else than the default one. */
import { hostPath } from '../paths.ts';
import { layoutUnder } from '../store/layout.ts';
import { createRepository } from '../store/repository.ts';
import type { ActionContext } from './context.ts';

/** `directory` is taken from the working directory. Throws CONFLICT when it exists, STORAGE. */
export function makeRepository({ user, report }: ActionContext, directory: string): void {
  const layout = layoutUnder(hostPath(directory, user.cwd));
  createRepository(layout);
  report({ kind: 'info', message: `creating repo: ${layout.top}` });
}
