import { linesOf, type Told, tell, templateValues } from './items.js'
import type { Post } from './post.js'
import { bold, type Line, type Run } from './runs.js'
import type { Target } from './target.js'
import type { MessageText } from './template-text.js'

/** Things of one message: more is not read. */
const MOST_ITEMS = 20
/** Of the text of a section. Source: docs.slack.dev, "Section block". */
const MAX_SECTION = 3_000

/**
 * An incoming webhook of Slack, or of what takes the same, such as Mattermost, which shows `text` where it knows no blocks.
 * Source: docs.slack.dev, "Sending messages using incoming webhooks" and "Formatting message text".
 */
export function slackTarget(post: Post, template?: MessageText): Target {
  return {
    async send({ notices }, signal) {
      const told = tell(notices, MOST_ITEMS)
      const text = template?.(templateValues(told, escapeMrkdwn)) ?? usualText(told)
      const blocks = sectionsOf(text).map((section) => ({
        type: 'section',
        // What looks like a link, a channel or a person in texts of others stays text.
        text: { type: 'mrkdwn', text: section, verbatim: true },
      }))
      const body = JSON.stringify({ text, blocks, unfurl_links: false, link_names: 0 })
      await post({ body, headers: { 'content-type': 'application/json' }, signal })
    },
  }
}

function usualText(told: Told): string {
  return [[bold(told.title)], ...linesOf(told).map(bulleted)].map((line) => line.map(mrkdwn).join('')).join('\n')
}

function bulleted(line: Line): Line {
  return [{ text: '• ' }, ...line]
}

function mrkdwn({ text, style, url }: Run): string {
  const safe = escapeMrkdwn(text)
  if (url !== undefined) return `<${escapeMrkdwn(url).replaceAll('|', '%7C')}|${safe}>`
  if (style === 'code') return `\`${safe}\``
  return style === 'bold' ? `*${safe}*` : safe
}

/** The three characters that mean something in texts of others; a backtick would end what is shown as code. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', "'")
}

/** By whole lines, where those fit. */
function sectionsOf(text: string): readonly string[] {
  const sections: string[] = []
  for (const line of text.split('\n')) {
    const last = sections.at(-1)
    const joined = last === undefined ? line : `${last}\n${line}`
    if (last !== undefined && joined.length <= MAX_SECTION) sections[sections.length - 1] = joined
    else sections.push(line.slice(0, MAX_SECTION))
  }
  return sections.filter((section) => section.trim() !== '').slice(0, MOST_SECTIONS)
}

/** Of one message. Source: docs.slack.dev, "Blocks". */
const MOST_SECTIONS = 50
