import { z } from 'zod'
import { section, text, textThat } from './fields.js'
import { isGlob, valuePathComplaint } from './texts.js'

/** Each is looked for in each file: more of them than anybody writes by hand. */
const MOST_PATHS = 100

export const write = section({
  git: z
    .string({ error: 'expected the name of an entry of "git"' })
    .meta({ description: 'Name of an entry of `git`.' }),
  files: z
    .array(textThat('a glob below the root of the repository, such as "apps/**"', isGlob), {
      error: 'expected a list of globs',
    })
    .min(1, { error: 'expected at least one glob' })
    .optional()
    .meta({ description: 'Which files. Default: every .yaml, .yml and Kustomization file.', examples: [['apps/**']] }),
  paths: z
    .array(text('a path such as "spec.values.image.tag"', valuePathComplaint), { error: 'expected a list of paths' })
    .min(1, { error: 'expected at least one path' })
    .max(MOST_PATHS, { error: `expected at most ${MOST_PATHS} paths` })
    .optional()
    .meta({
      description:
        'What to write to in the YAML documents of these files, whatever image stands there. Dots separate keys, [0] is the first item of a list, * any key or item, and \\. a dot in a key. Default: where the image is found.',
      examples: [['spec.values.image.tag'], ['images[0].newTag', 'containers[*].image']],
    }),
}).meta({ description: 'One place to write to.' })
