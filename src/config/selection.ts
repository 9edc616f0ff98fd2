import { oneOf, section, textThat, withRule } from './fields.js'
import { oneForm, oneFormSchema } from './rules.js'
import { isRange } from './texts.js'

/*
 * The fields of a policy that say which tag it selects.
 */

const direction = () => oneOf('ascending', 'descending')

const SELECT_FORMS = [['semver'], ['numerical'], ['alphabetical']] as const

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
  }),
  oneForm(...SELECT_FORMS),
).meta({ description: 'What selects the tag, by one of these.', ...oneFormSchema(...SELECT_FORMS) })
