/**
 * Every command, in the order in which the help lists them within their group. A new command is a line here. Only
 * the definition that is needed is loaded: all of them would cost `udocker ps` a third of its start-up.
 */
import type { CommandEntry } from '../command.ts';

export const commands: readonly CommandEntry[] = [
  { name: 'pull', load: async () => (await import('./pull.ts')).pull },
  { name: 'load', load: async () => (await import('./load.ts')).load },
  { name: 'save', load: async () => (await import('./save.ts')).save },
  { name: 'import', load: async () => (await import('./import.ts')).importCommand },
  { name: 'images', load: async () => (await import('./images.ts')).images },
  { name: 'tag', load: async () => (await import('./tag.ts')).tag },
  { name: 'verify', load: async () => (await import('./verify.ts')).verify },
  { name: 'rmi', load: async () => (await import('./rmi.ts')).rmi },
  { name: 'create', load: async () => (await import('./create.ts')).create },
  { name: 'run', load: async () => (await import('./run.ts')).run },
  { name: 'ps', load: async () => (await import('./ps.ts')).ps },
  { name: 'inspect', load: async () => (await import('./inspect.ts')).inspect },
  { name: 'name', load: async () => (await import('./name.ts')).name },
  { name: 'rename', load: async () => (await import('./rename.ts')).rename },
  { name: 'rmname', load: async () => (await import('./rmname.ts')).rmname },
  { name: 'clone', load: async () => (await import('./clone.ts')).clone },
  { name: 'export', load: async () => (await import('./export.ts')).exportCommand },
  { name: 'rm', load: async () => (await import('./rm.ts')).rm },
  { name: 'setup', load: async () => (await import('./setup.ts')).setup },
  { name: 'protect', load: async () => (await import('./protect.ts')).protect },
  { name: 'unprotect', load: async () => (await import('./unprotect.ts')).unprotect },
  { name: 'login', load: async () => (await import('./login.ts')).login },
  { name: 'logout', load: async () => (await import('./logout.ts')).logout },
  { name: 'manifest', load: async () => (await import('./manifest.ts')).manifest },
  { name: 'search', load: async () => (await import('./search.ts')).search },
  { name: 'mkrepo', load: async () => (await import('./mkrepo.ts')).mkrepo },
  { name: 'install', load: async () => (await import('./install.ts')).install },
  { name: 'doctor', load: async () => (await import('./doctor.ts')).doctor },
  { name: 'showconf', load: async () => (await import('./showconf.ts')).showconf },
  { name: 'version', load: async () => (await import('./version.ts')).version },
  { name: 'help', load: async () => (await import('./help.ts')).help },
];
