// SPDX-License-Identifier: ISC

// A client on npm's winrm-client: reads from standard input, as JSON, what to do, and writes as JSON
// what came of each line, its output or its error. tests/e2e/test_client_node.py says what has to come
// of it. Node finds the package by NODE_PATH.
'use strict';

const fs = require('fs');
const winrm = require('winrm-client');

const task = JSON.parse(fs.readFileSync(0, 'utf8'));
const secure = Boolean(task.secure);

// The library's functions that run a line in a shell of its own.
const functions = {
  run: (line) => winrm.runCommand(line, task.host, task.user, task.password, task.port, false, secure),
  powershell: (line) => winrm.runPowershell(line, task.host, task.user, task.password, task.port, secure),
  interactive: (line) =>
    winrm.runInteractiveCommand(
      line, task.host, task.user, task.password, task.port,
      [{ pattern: new RegExp(task.prompt), response: task.response }], 100000, 100000, 20, secure),
};

// All lines in one shell, by the functions for those who came from nodejs-winrm.
async function kept() {
  const parameters = {
    host: task.host, port: task.port, path: '/wsman', username: task.user, password: task.password,
    authMethod: 'basic', useHttps: secure, rejectUnauthorized: true,
  };
  parameters.shellId = await winrm.Shell.doCreateShell(parameters);
  const results = [];
  for (const command of task.lines) {
    const commandId = await winrm.Command.doExecuteCommand({ ...parameters, command });
    results.push(await winrm.Command.doReceiveOutput({ ...parameters, commandId }));
  }
  results.push(await winrm.Shell.doDeleteShell(parameters));
  return results;
}

async function said(promise) {
  try {
    return { output: await promise };
  } catch (error) {
    return { error: error.message };
  }
}

async function main() {
  if (task.way === 'kept') {
    return said(kept());
  }
  return Promise.all(task.lines.map((line) => said(functions[task.way](line))));
}

// The connection of a request that was refused is never read to its end, and would keep us alive.
main().then((results) => process.stdout.write(JSON.stringify(results), () => process.exit(0)));
