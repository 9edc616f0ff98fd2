import { GitError } from './errors.js'

export interface Refusal {
  /** What the report says about the reference, or about the objects. */
  readonly reason: string
  /** What the server printed beside it: a hook's words, and with them anybody's. */
  readonly said: string
  /** Whether the push was to replace commits that do not lead to the new one. */
  readonly forces: boolean
}

/**
 * Why a push was refused: `STALE`, retryable, where somebody was faster; `UNREACHABLE`, retryable, where the server met trouble of its
 * own; otherwise `REJECTED`, whose message begins with the cause where the words are known.
 */
export function refusalOf({ reason, said, forces }: Refusal): GitError {
  const message = said === '' ? reason : `${reason} (${said})`
  if (isStale(reason, said, forces)) return new GitError('STALE', `branch has moved: ${message}`, { retryable: true })
  if (IN_TROUBLE.test(reason) || (HOOK_DECLINED.test(reason) && FORGE_IN_TROUBLE.test(said)))
    return new GitError('UNREACHABLE', `server met trouble of its own: ${message}`, { retryable: true })
  const cause = CAUSES.find(([, words]) => words.test(message))?.[0]
  return new GitError('REJECTED', cause === undefined ? message : `${cause}: ${message}`)
}

// Only the reason of the reference itself: a hook may print any of these words, and its no is final.
function isStale(reason: string, said: string, forces: boolean): boolean {
  // To a push that names the commit it replaces, this is a rule: nothing but its own branch is replaced.
  if (forces && /non-fast-forward/i.test(reason)) return false
  return STALE.test(reason) && !(/failed to update ref|cannot lock ref/i.test(reason) && CANNOT_WRITE.test(said))
}

// The words for it of Git's receive-pack and reference stores (`fetch first` to `failed to lock`, and both "reference …" of its
// transactions), GitHub (`is at … but expected …`), Gitaly (`reference does not point to expected object`), JGit with Gerrit and
// CodeCommit (`lock failure`), Bitbucket Server (`has been updated`) and Azure DevOps (`TF401028`).
const STALE =
  /fetch first|non-fast-forward|failed to update ref|cannot lock ref|failed to lock|lock[ _]failure|incorrect old value|stale info|reference (?:already exists|does not exist|update:)|reference does not point to expected object|is at [0-9a-f]{4,40} but expected|TF401028|(?:already|has) been updated|missing necessary objects/i

// Git's reason is the same when a reference cannot be written at all; only what it prints beside it tells the two apart.
const CANNOT_WRITE = /no space left|quota exceeded|permission denied|read-only file system|exists; cannot create/i

const IN_TROUBLE = /internal (?:server )?error|temporarily unavailable|timed? ?out/i
const HOOK_DECLINED = /hook declined/i
// GitLab and Gitea ask their own service in a hook and print its failure.
const FORGE_IN_TROUBLE =
  /\b(?:GitLab|Gitea|Forgejo|Gogs): [^;]*(?:internal (?:api|(?:server )?error)|api is not accessible|unreachable)/i

/** What a person has to look after, by the words of servers and forges; the narrower first. */
const CAUSES: readonly (readonly [string, RegExp])[] = [
  ['another branch has a part of this name', /exists; cannot create/i],
  ['secret scanning stops it', /cannot contain secrets|secrets? (?:was |were )?(?:detected|found)|GH009/i],
  [
    'storage of the server is full or cannot be written',
    /no space left|quota (?:has been |was )?exceeded|exceed\w* (?:its |the |your )?\w* ?quota|temporary object directory|read-only file system/i,
  ],
  ['push is too large', /maximum allowed size|file size limit|size limit|GH001|too large/i],
  ['repository is archived', /archived/i],
  ['key or token may only read', /read[- ]only|deploy key/i],
  [
    'a rule about authors, messages or signatures refuses the commit',
    /\b(?:authors?|committers?)\b|e-?mail|commit message|verified signature|unsigned|must be signed|signed-off-by|GH007/i,
  ],
  [
    'branch is protected',
    /protected|rule violations|GH006|GH013|TF402455|pull request|branch (?:restriction|permission)|update branch|prohibited by gerrit/i,
  ],
  ['history may not be replaced there', /non-fast-forward|force.?push/i],
  ['rights are missing', /not (?:allowed|permitted|authorized)|permission|denied|forbidden|TF401027/i],
  ['a hook of the server declines it', HOOK_DECLINED],
]
