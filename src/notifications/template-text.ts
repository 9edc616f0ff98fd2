import { reasonOf } from '../error.js'
import type { TextTemplate } from '../template.js'
import { NotificationError } from './errors.js'
import type { templateValues } from './items.js'

/** The text of a message by the template of an entry. Throws `NotificationError` `REFUSED` where it cannot be rendered. */
export type MessageText = (values: ReturnType<typeof templateValues>) => string

/** More than any target shows. */
const MAX_TEXT = 20_000

export function messageText(template: TextTemplate, name: string): MessageText {
  return (values) => {
    try {
      return template.render(values).trim().slice(0, MAX_TEXT)
    } catch (error) {
      throw new NotificationError('REFUSED', `Cannot notify "${name}": the template failed (${reasonOf(error)})`)
    }
  }
}
