/**
 * Stands in for `linkify-it` in the page's bundle. The Markdown parser makes one at its start, and with `linkify` off
 * never asks it anything; the real one is a twentieth of the page.
 */
export class LinkifyIt {}
