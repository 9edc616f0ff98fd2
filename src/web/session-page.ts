import type { LoginView } from './session-routes.js'

/** A login page that needs nothing else. */
export function plainLoginPage({ error, next }: LoginView): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tidemark: log in</title></head>
<body>
<main>
<h1>Tidemark</h1>
${error === undefined ? '' : `<p role="alert">${escaped(error)}</p>`}
<form method="post" action="/login">
<input type="hidden" name="next" value="${escaped(next)}">
<p><label>Token <input type="password" name="token" autocomplete="current-password" required autofocus></label></p>
<p><button>Log in</button></p>
</form>
</main>
</body>
</html>
`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
