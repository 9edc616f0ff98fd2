import { linesOf, type Told, tell, templateValues } from './items.js'
import type { Post } from './post.js'
import type { Line, Run } from './runs.js'
import type { Target } from './target.js'
import type { MessageText } from './template-text.js'

const MOST_ITEMS = 20
/** Teams takes 28 KB. Source: learn.microsoft.com, "Create and send messages" with webhooks, "Known issues". */
const MAX_BYTES = 27 * 1024

/**
 * A webhook of a Teams workflow, which posts an Adaptive Card. Source: learn.microsoft.com, "Create incoming webhooks with
 * Workflows", and adaptivecards.io, version 1.4.
 */
export function teamsTarget(post: Post, template?: MessageText): Target {
  return {
    async send({ notices }, signal) {
      const body = fitting((most) => {
        const told = tell(notices, most)
        const content = template?.(templateValues(told, escapeMarkdown))
        return cardOf(content === undefined ? usualBody(told) : [{ type: 'TextBlock', text: content, wrap: true }])
      })
      await post({ body, headers: { 'content-type': 'application/json' }, signal })
    },
  }
}

/** With as many things as there is room for. */
function fitting(build: (most: number) => object): string {
  for (let most = MOST_ITEMS; ; most = Math.floor(most / 2)) {
    const body = JSON.stringify(build(most))
    if (most <= 1 || Buffer.byteLength(body) <= MAX_BYTES) return body
  }
}

function cardOf(body: readonly object[]): object {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body,
        },
      },
    ],
  }
}

/** Unlike those of a text block, the runs of a rich text block are no Markdown: there is nothing to escape. */
function usualBody(told: Told): readonly object[] {
  const title: Line = [{ text: told.title, style: 'bold' }]
  return [title, ...linesOf(told)].map((line) => ({ type: 'RichTextBlock', inlines: line.map(inlineOf) }))
}

function inlineOf({ text, style, url }: Run): object {
  return {
    type: 'TextRun',
    text,
    ...(style === 'bold' && { weight: 'bolder' }),
    ...(style === 'code' && { fontType: 'monospace' }),
    ...(url !== undefined && { selectAction: { type: 'Action.OpenUrl', url } }),
  }
}

/** The punctuation that CommonMark lets a backslash take the meaning of (section 2.4). */
export function escapeMarkdown(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, '\\$&')
}
