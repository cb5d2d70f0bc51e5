/** Every command, in the order in which the help lists them within their group. A new command is a line here. */
import type { Command } from '../command.ts';
import { create } from './create.ts';
import { help } from './help.ts';
import { images } from './images.ts';
import { inspect } from './inspect.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { name } from './name.ts';
import { ps } from './ps.ts';
import { pull } from './pull.ts';
import { rename } from './rename.ts';
import { rm } from './rm.ts';
import { rmi } from './rmi.ts';
import { rmname } from './rmname.ts';
import { run } from './run.ts';
import { showconf } from './showconf.ts';
import { version } from './version.ts';

export const commands: readonly Command[] = [
  pull,
  images,
  rmi,
  create,
  run,
  ps,
  inspect,
  name,
  rename,
  rmname,
  rm,
  login,
  logout,
  showconf,
  version,
  help,
];
