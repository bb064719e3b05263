import { splitAtLinks } from './bareLinks.js';

/** The attributes of a link in a text of a person or a model: it opens on a click, in another tab. */
export const linkTo = (href: string) => ({
  href,
  title: href,
  target: '_blank',
  rel: 'noopener noreferrer nofollow',
});

/** A text whose web addresses are links. */
export const TextWithLinks = ({ text }: { text: string }) => (
  <>
    {splitAtLinks(text).map(({ text: piece, href }, at) =>
      href === null ? (
        piece
      ) : (
        <a key={at} {...linkTo(href)}>
          {piece}
        </a>
      ),
    )}
  </>
);
