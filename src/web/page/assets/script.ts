/**
 * What makes pages live. It asks for the page anew when the service tells of a change, and twice a minute, so that "3 min ago" stays true and
 * nothing is missed. What differs is changed in place: the focus, the scroll position, open parts and half-written forms stay.
 */
export const SCRIPT = `'use strict'
const live = document.querySelector('.live')
const search = document.querySelector('[data-search]')
const AGAIN_MS = 30000
/** However often something changes. */
const LEAST_MS = 2000
let source
let asking = false
let isLate = false
let askedAt = 0
let waiting

function say(state, words) {
  if (live.dataset.state === state) return
  live.dataset.state = state
  live.textContent = words
}

async function refresh() {
  if (asking) {
    isLate = true
    return
  }
  asking = true
  askedAt = Date.now()
  try {
    const response = await fetch(document.body.dataset.refresh, { headers: { accept: 'text/html' } })
    if (new URL(response.url).pathname === '/login') return location.assign(response.url)
    if (!response.ok && response.status !== 404) throw new Error(String(response.status))
    const next = new DOMParser().parseFromString(await response.text(), 'text/html')
    // The service has another version, and the page another style.
    if (styleOf(next) !== styleOf(document)) return location.reload()
    document.title = next.title
    const icon = next.querySelector('link[rel=icon]')
    if (icon) document.querySelector('link[rel=icon]').href = icon.getAttribute('href')
    const focused = document.activeElement
    morph(document.querySelector('.top'), next.querySelector('.top'))
    morph(document.querySelector('main'), next.querySelector('main'))
    // What is moved loses it.
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true })
    if (source && source.readyState === EventSource.OPEN) say('live', 'Live')
    else say('slow', 'Twice a minute')
  } catch {
    say('away', 'Out of reach')
  } finally {
    asking = false
    if (isLate) {
      isLate = false
      refresh()
    }
  }
}

function styleOf(page) {
  return page.querySelector('link[rel=stylesheet]').getAttribute('href')
}

function changed() {
  waiting ??= setTimeout(() => {
    waiting = undefined
    refresh()
  }, Math.max(0, askedAt + LEAST_MS - Date.now()))
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || '' : ''
}

function isSame(old, fresh) {
  return old.nodeName === fresh.nodeName && keyOf(old) === keyOf(fresh)
}

/** Makes an element like another one, and leaves what people have changed. */
function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue
    return
  }
  if (old.hasAttribute('data-keep') || old.isEqualNode(fresh)) return
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name)
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== 'open' && old.getAttribute(name) !== value) old.setAttribute(name, value)
  }
  morphChildren(old, fresh)
}

function morphChildren(old, fresh) {
  const wanted = new Set([...fresh.childNodes].map(keyOf))
  const keyed = new Map()
  for (const child of [...old.childNodes]) {
    const key = keyOf(child)
    if (key && !wanted.has(key)) child.remove()
    // Two may have the same: the later one goes by its position.
    else if (key && !keyed.has(key)) keyed.set(key, child)
  }
  let at = old.firstChild
  for (const next of [...fresh.childNodes]) {
    const known = keyed.get(keyOf(next))
    keyed.delete(keyOf(next))
    if (known && known !== at && known.nodeName === next.nodeName) old.insertBefore(known, at)
    else if (at && isSame(at, next)) at = at.nextSibling
    else {
      old.insertBefore(document.importNode(next, true), at)
      continue
    }
    morph(at ? at.previousSibling : old.lastChild, next)
  }
  while (at) {
    const gone = at
    at = at.nextSibling
    gone.remove()
  }
}

function listen() {
  if (source || document.hidden) return
  source = new EventSource('/events')
  source.addEventListener('open', () => say('live', 'Live'))
  source.addEventListener('change', changed)
  source.addEventListener('error', () => {
    say('away', 'Reconnecting')
    if (source && source.readyState === EventSource.CLOSED) leave()
  })
}

function leave() {
  if (source) source.close()
  source = undefined
}

/** A browser has six connections for a server: pages that nobody sees need none. */
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return leave()
  listen()
  refresh()
})
addEventListener('pagehide', leave)
addEventListener('pageshow', ({ persisted }) => {
  if (!persisted) return
  listen()
  refresh()
})
setInterval(() => {
  if (document.hidden) return
  listen()
  refresh()
}, AGAIN_MS)

/** A search shows what it finds while somebody types. */
if (search) {
  const find = () => {
    const query = new URLSearchParams()
    for (const [name, value] of new FormData(search)) if (value) query.set(name, value)
    const path = query.size === 0 ? '/' : '/?' + query
    if (document.body.dataset.refresh === path) return
    document.body.dataset.refresh = path
    history.replaceState(null, '', path)
    refresh()
  }
  search.addEventListener('input', find)
  search.addEventListener('submit', (event) => {
    event.preventDefault()
    find()
  })
}

live.textContent = ''
listen()
`
