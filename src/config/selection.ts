import { z } from 'zod'
import { oneOf, section, text, textThat, withRule } from './fields.js'
import { type Complaint, oneForm, oneFormSchema, type Rule } from './rules.js'
import { extractComplaint, isImageTag, isRange, patternComplaint } from './texts.js'

/*
 * The fields of a policy that say which tag it selects.
 */

const direction = () => oneOf('ascending', 'descending')

const SELECT_FORMS = [['semver'], ['numerical'], ['alphabetical'], ['newest'], ['digest'], ['same'], ['like']] as const

export const select = withRule(
  section({
    semver: textThat('a semver range such as ">=1.0.0 <2.0.0"', isRange)
      .optional()
      .meta({
        description: 'The highest version within this range.',
        examples: ['>=1.0.0 <2.0.0', '^1.4.0 || ^2.1.0'],
      }),
    numerical: direction().optional().meta({
      description: 'The greatest number: `ascending`. The least one: `descending`.',
    }),
    alphabetical: direction().optional().meta({
      description: 'The last tag in the order of code points: `ascending`. The first one: `descending`.',
    }),
    newest: oneOf('created').optional().meta({ description: 'The image that was created last: `created`.' }),
    digest: textThat('a tag such as "latest"', isImageTag)
      .optional()
      .meta({ description: 'This tag, whose digest is followed.', examples: ['latest'] }),
    same: oneOf('major', 'minor', 'patch').optional().meta({
      description: 'The highest version that has the same numbers as the tag in Git up to this one, and its suffix.',
    }),
    like: oneOf('current').optional().meta({
      description: 'The highest version with as many parts and the same suffix as the tag in Git: `current`.',
    }),
  }),
  oneForm(...SELECT_FORMS),
).meta({ description: 'What selects the tag, by one of these.', ...oneFormSchema(...SELECT_FORMS) })

/** Where a tag is named there are none to choose from, and nothing but its digest changes. */
export const namedTag: Rule = ({ select, tags, digest }) => {
  if (typeof select !== 'object' || select === null || !('digest' in select)) return []
  const complaints: Complaint[] = []
  if (tags !== undefined) complaints.push({ key: 'tags', message: 'means nothing where "select" names the tag' })
  if (digest === 'none') {
    complaints.push({ key: 'digest', message: 'expected "refresh" where "select" follows a digest' })
  }
  return complaints
}

export const namedTagSchema = {
  if: { properties: { select: { type: 'object', required: ['digest'] } }, required: ['select'] },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
  then: { not: { required: ['tags'] } },
}

const pattern = () => text('a regular expression in RE2 syntax', patternComplaint)

const extractOfInclude: Rule = ({ include, extract }) => {
  if (extract === undefined) return []
  if (include === undefined) return [{ key: 'extract', message: 'means nothing without "include"' }]
  if (typeof extract !== 'string' || typeof include !== 'string' || patternComplaint(include) !== undefined) return []
  const message = extractComplaint(extract, include)
  return message === undefined ? [] : [{ key: 'extract', message }]
}

/** Texts here are taken as they stand: `${name}` is a group and no environment variable. */
export const tags = withRule(
  section({
    include: pattern()
      .optional()
      .meta({
        description: 'Only tags of which some part matches, in RE2 syntax. Default: every tag.',
        examples: ['^v?[0-9.]+-alpine$'],
      }),
    exclude: z
      .array(pattern(), { error: 'expected a list of regular expressions' })
      .optional()
      .meta({
        description: 'None of the tags of which some part matches one of these, in RE2 syntax.',
        examples: [['-rc', '-debug$']],
      }),
    extract: z
      .string({ error: 'expected a template such as "$1"' })
      .optional()
      .meta({
        description: 'What of a match of `include` is compared, made of its groups. Default: the whole tag.',
        examples: ['$version', '$1.$2'],
      }),
  }),
  extractOfInclude,
).meta({
  description: 'Which tags are looked at, and what of them is compared. The whole tag is written.',
  dependentRequired: { extract: ['include'] },
})
