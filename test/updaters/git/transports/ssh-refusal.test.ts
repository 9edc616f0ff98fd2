import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GitErrorCode } from '../../../../src/updaters/git/errors.js'
import { remoteRefusal } from '../../../../src/updaters/git/transports/ssh-refusal.js'

test('the words of servers say what became of a request', () => {
  const cases: [said: string, code: GitErrorCode][] = [
    // Git's own programs.
    ["fatal: '/srv/a.git' does not appear to be a git repository\n", 'REPOSITORY_NOT_FOUND'],
    ['fatal: not a git repository: a.git', 'REPOSITORY_NOT_FOUND'],
    ["fatal: detected dubious ownership in repository at '/srv/a.git'", 'UNAUTHORIZED'],
    ['fatal: cannot open /srv/a.git: Permission denied', 'UNAUTHORIZED'],
    ['fatal: unable to create thread: Resource temporarily unavailable', 'UNREACHABLE'],
    // GitHub.
    ['ERROR: Repository not found.\n', 'REPOSITORY_NOT_FOUND'],
    ['ERROR: Permission to acme/fleet.git denied to bot.\n', 'UNAUTHORIZED'],
    ['ERROR: The key you are authenticating with has been marked as read only.', 'UNAUTHORIZED'],
    // GitLab.
    [
      'remote: \nremote: ========\nremote: \nremote: ERROR: The project you were looking for could not be found or you ' +
        "don't have permission to view it.\nremote: \nremote: ========\n",
      'REPOSITORY_NOT_FOUND',
    ],
    ['remote: ERROR: You are not allowed to push code to this project.', 'UNAUTHORIZED'],
    ['remote: ERROR: This deploy key does not have write access to this project.', 'UNAUTHORIZED'],
    // Gitea and Forgejo.
    ['Gitea: Repository does not exist\n', 'REPOSITORY_NOT_FOUND'],
    ['Forgejo: Cannot find repository: acme/fleet', 'REPOSITORY_NOT_FOUND'],
    ['Gitea: User: 2:bot with Key: 3:key is not authorized to write to acme/fleet.', 'UNAUTHORIZED'],
    // Bitbucket.
    [
      'Repository not found\nThe requested repository does not exist, or you do not have permission.',
      'REPOSITORY_NOT_FOUND',
    ],
    ['Unauthorized\nYou do not have permission to access this repository', 'UNAUTHORIZED'],
    // Azure DevOps.
    ['remote: TF401019: The Git repository with name or identifier fleet does not exist', 'REPOSITORY_NOT_FOUND'],
    // Gerrit.
    ['fatal: Project not found: fleet', 'REPOSITORY_NOT_FOUND'],
    // A machine without Git, or for whom it is no way in.
    ['bash: line 1: git-upload-pack: command not found', 'UNSUPPORTED'],
    ['This account is currently not available.', 'UNAUTHORIZED'],
    ['the disk is full', 'UNREACHABLE'],
  ]
  for (const [said, expected] of cases) {
    const { code, retryable } = remoteRefusal(said, { code: 128 })
    assert.deepEqual({ code, retryable }, { code: expected, retryable: expected === 'UNREACHABLE' }, said)
  }
})

test('they are shown in one line without frames and control characters', () => {
  const said = 'remote: ========\nremote: \x1b[31mERROR:\x07 Repository\u202e not found.\r\nremote: Ask an owner.\n'
  assert.equal(remoteRefusal(said, { code: 1 }).message, '[31mERROR:  Repository  not found.; Ask an owner.')
  assert.ok(remoteRefusal('x'.repeat(4_000), { code: 1 }).message.length <= 500)
})

test('a program that leaves no word is told by how it ended', () => {
  assert.match(remoteRefusal('', { code: 3 }).message, /ended with status 3, without a word$/)
  assert.match(remoteRefusal('\n', { code: undefined }).message, /ended with status unknown, /)
  assert.match(remoteRefusal('', { code: null, signal: 'SIGKILL' }).message, /ended by SIGKILL, /)
  assert.equal(remoteRefusal('', { code: 127 }).code, 'UNSUPPORTED')
})
