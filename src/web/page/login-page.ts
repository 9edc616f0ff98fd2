import type { LoginView } from '../session-routes.js'
import { documentText } from './document.js'
import { html } from './html.js'

/** The form that takes one of the tokens. */
export function loginPage({ error, next }: LoginView): string {
  return documentText({
    title: 'Log in',
    main: html`
<h1>Log in</h1>
<p>With the token of the policy file: <code>server.adminToken</code> to operate, <code>server.readToken</code> to read.</p>
${error !== undefined && html`<p class="notice error" role="alert" id="form-error">${error}</p>`}
<form class="login" method="post" action="/login"><input type="hidden" name="next" value="${next}">
<p><label for="token">Token</label><input id="token" type="password" name="token" required autocomplete="current-password"${error !== undefined && html` aria-describedby="form-error" aria-invalid="true"`}></p>
<p><button>Log in</button></p>
</form>`,
  })
}

/** What a browser is shown instead of a page. */
export function failurePage(title: string, reason: string): string {
  return documentText({
    title,
    main: html`
<h1>${title}</h1>
<p>${reason}</p>
<p><a href="/">All policies</a></p>`,
  })
}
