import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refusalOf } from '../../../src/updaters/git/refusal.js'

/** Where the words are from, the reason of the reference, and what is printed beside it. */
type Refused = readonly [source: string, reason: string, said?: string]

const refused = (reason: string, said = '', forces = false) => refusalOf({ reason, said, forces })

describe('a refused push', () => {
  const faster: readonly Refused[] = [
    ['Git, receive-pack', 'fetch first'],
    ['Git, receive-pack with denyNonFastForwards', 'non-fast-forward'],
    ['Git, receive-pack', 'failed to update ref'],
    [
      'Git, its lock',
      'failed to update ref',
      "error: cannot lock ref 'refs/heads/main': Unable to create 'x.lock': File exists.",
    ],
    ['Git, before 2015', 'failed to lock'],
    [
      'Git, receive-pack --atomic and GitHub',
      "cannot lock ref 'refs/heads/main': is at 7dc98ee9 but expected 1bdf96c8",
    ],
    ['Git 2.45, reference transaction', 'incorrect old value provided'],
    ['Git 2.45, reference transaction', 'reference already exists'],
    ['Git 2.45, reference transaction', 'reference does not exist'],
    ['Git, push with lease', 'stale info'],
    ['Git, its base is gone', 'missing necessary objects'],
    ['GitLab, Gitaly', 'reference update: reference does not point to expected object'],
    ['JGit', 'lock failure'],
    ['Gerrit', 'LOCK_FAILURE'],
    ['Azure DevOps', 'TF401028: The reference has already been updated by another client'],
    ['Bitbucket Server', 'the ref refs/heads/main has been updated'],
  ]
  for (const [source, reason, said] of faster)
    it(`is a lost race: ${source}: ${reason}`, () => {
      const { code, retryable, message } = refused(reason, said)
      assert.deepEqual([code, retryable], ['STALE', true])
      assert.ok(message.startsWith(`branch has moved: ${reason}`))
    })

  const inTrouble: readonly Refused[] = [
    ['GitHub', 'Internal Server Error'],
    ['GitLab, its API', 'pre-receive hook declined', 'GitLab: 500 Internal Server Error'],
    ['GitLab, its API', 'pre-receive hook declined', 'GitLab: Internal API unreachable'],
    ['GitLab, its API', 'pre-receive hook declined', 'GitLab: API is not accessible'],
    ['Gitea', 'pre-receive hook declined', 'Gitea: Internal Server Error; Unable to contact gitea: connection refused'],
    ['Gogs', 'pre-receive hook declined', 'Gogs: Internal error'],
  ]
  for (const [source, reason, said] of inTrouble)
    it(`may pass by itself: ${source}: ${said ?? reason}`, () => {
      const { code, retryable } = refused(reason, said)
      assert.deepEqual([code, retryable], ['UNREACHABLE', true])
    })

  const final: Readonly<Record<string, readonly Refused[]>> = {
    'branch is protected': [
      ['GitHub', 'protected branch hook declined', 'error: GH006: Protected branch update failed for refs/heads/main.'],
      [
        'GitHub, rule sets',
        'push declined due to repository rule violations',
        'error: GH013: Repository rule violations found for refs/heads/main.; - Changes must be made through a pull request.',
      ],
      [
        'GitLab',
        'pre-receive hook declined',
        'GitLab: You are not allowed to push code to protected branches on this project.',
      ],
      ['Gitea', 'pre-receive hook declined', 'Gitea: Not allowed to push to protected branch main'],
      ['Forgejo', 'pre-receive hook declined', 'Forgejo: Not allowed to push to protected branch main'],
      ['Bitbucket Cloud', 'pre-receive hook declined', 'Permission denied to update branch main.'],
      [
        'Bitbucket Server',
        'pre-receive hook declined',
        'Branch refs/heads/main can only be modified through pull requests.',
      ],
      [
        'Azure DevOps',
        'TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.',
      ],
      ['Gerrit', 'prohibited by Gerrit: not permitted: update'],
    ],
    'secret scanning stops it': [
      [
        'GitHub',
        'push declined due to repository rule violations',
        'error: GH013: Repository rule violations found for refs/heads/main.; - GITHUB PUSH PROTECTION; - Push cannot contain secrets',
      ],
      ['GitHub, before 2024', 'pre-receive hook declined', 'error: GH009: Secrets detected! This push failed.'],
    ],
    'a rule about authors, messages or signatures refuses the commit': [
      ['GitLab', 'pre-receive hook declined', "GitLab: Author 'bot@example.com' is not a member of team"],
      [
        'GitLab',
        'pre-receive hook declined',
        "GitLab: Commit message does not follow the pattern '^[A-Z]+-[0-9]+' for protected branches",
      ],
      [
        'GitHub',
        'push declined due to email privacy restrictions',
        'error: GH007: Your push would publish a private email address.',
      ],
      [
        'GitHub, rule sets',
        'push declined due to repository rule violations',
        'error: GH013: Repository rule violations found for refs/heads/main.; - Commits must have verified signatures.',
      ],
      ['Gerrit', 'commit 1a2b3c4: invalid committer'],
    ],
    'storage of the server is full or cannot be written': [
      ['Git', 'unpacker error, unpack index-pack abnormal exit', 'fatal: write error: No space left on device'],
      [
        'Git, its reference',
        'failed to update ref',
        "error: cannot lock ref 'refs/heads/main': Unable to create 'x.lock': No space left on device",
      ],
      ['JGit', 'n/a (unpacker error), unpack error No space left on device'],
      ['Git, its quarantine', 'unpacker error, unpack unable to create temporary object directory'],
      ['Forgejo', 'pre-receive hook declined', 'Forgejo: Quota exceeded'],
    ],
    'push is too large': [
      [
        'Git, maxInputSize',
        'unpacker error, unpack index-pack abnormal exit',
        'fatal: pack exceeds maximum allowed size (1.00 MiB)',
      ],
      [
        'GitHub',
        'pre-receive hook declined',
        "error: GH001: Large files detected.; error: File a is 120 MB; this exceeds GitHub's file size limit of 100 MB",
      ],
    ],
    'repository is archived': [
      ['GitHub', 'This repository was archived so it is read-only.'],
      ['GitLab', 'pre-receive hook declined', "GitLab: You can't push code to an archived project."],
    ],
    'key or token may only read': [
      ['GitHub', 'The key you are authenticating with has been marked as read only.'],
      ['GitLab', 'pre-receive hook declined', 'GitLab: This deploy key does not have write access to this project.'],
    ],
    'rights are missing': [
      ['GitLab', 'pre-receive hook declined', 'GitLab: You are not allowed to push code to this project.'],
      ['Azure DevOps', "TF401027: You need the Git 'GenericContribute' permission to perform this action."],
    ],
    'history may not be replaced there': [
      ['GitHub', 'pre-receive hook declined', 'error: GH003: Sorry, force-pushing to main is not allowed.'],
    ],
    'another branch has a part of this name': [
      [
        'Git',
        'failed to update ref',
        "error: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'",
      ],
    ],
    'a hook of the server declines it': [
      ['Git', 'pre-receive hook declined', 'not on a Friday'],
      ['Git, no words', 'hook declined'],
    ],
  }
  for (const [cause, texts] of Object.entries(final))
    for (const [source, reason, said = ''] of texts)
      it(`is final: ${cause}: ${source}: ${said || reason}`, () => {
        const { code, retryable, message } = refused(reason, said)
        assert.deepEqual([code, retryable], ['REJECTED', false])
        assert.equal(message, `${cause}: ${reason}${said && ` (${said})`}`)
      })

  it('is final where the words are unknown', () => {
    assert.equal(refused('branch is currently checked out').message, 'branch is currently checked out')
  })

  it('is no lost race for what a hook prints', () => {
    const said = 'fetch first; non-fast-forward; cannot lock ref; TF401028; Internal Server Error'
    assert.equal(refused('pre-receive hook declined', said).code, 'REJECTED')
  })

  it('is no lost race where commits are replaced against a rule', () => {
    assert.equal(refused('non-fast-forward', '', true).code, 'REJECTED')
    assert.equal(refused('failed to update ref', '', true).code, 'STALE')
  })

  it('is told from long words at once', () => {
    const start = process.cpuUsage().user
    refused('exceeds '.repeat(60), 'GitLab: exceed '.repeat(30))
    assert.ok(process.cpuUsage(undefined).user - start < 100_000)
  })
})
