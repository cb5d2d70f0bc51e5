/** Terminals for tests: tmux draws them, types into them and changes their size; the tests read the screen. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunLab, until } from './run-lab.ts';

let panes = 0;

/** Starts a job in a window of 80 x 24; afterwards the window shows the status and terminal settings. */
export function openPane(lab: RunLab, job: string) {
  const script = join(lab.directory, `pane${panes}.sh`);
  writeFileSync(script, `trap : INT\n'${lab.executable}' '${job}'\necho "ended $?"\nstty -a\nsleep 60\n`);
  return openWindow(lab, `sh ${script}`);
}

/** Starts a command, such as an interactive shell, in a window of 80 x 24. */
export async function openWindow(lab: RunLab, command: string) {
  panes += 1;
  const socket = join(lab.home, `tmux${panes}`);
  const tmux = async (...args: string[]) => {
    const { stdout } = await lab.run(['tmux', '-S', socket, ...args], { env: { TERM: 'xterm' } });
    return stdout;
  };
  await tmux('new-session', '-d', '-x', '80', '-y', '24', command);
  let text = '';
  const screen = async () => {
    text = await tmux('capture-pane', '-p');
    return text;
  };
  return {
    tmux,
    screen,
    shows: async (wanted: string) => {
      const timer = setInterval(() => void screen(), 200);
      try {
        await until(() => text.includes(wanted));
      } finally {
        clearInterval(timer);
      }
    },
    /** Types a line. */
    types: (line: string) => tmux('send-keys', line, 'Enter'),
    close: () => tmux('kill-server'),
  };
}
