const form = /^[^\s:\p{C}]{1,200}$/u;

/**
 * Whether a text can name an owner: 1 to 200 characters without blanks, colons, control characters and other invisible
 * ones. A colon separates the fields of an entry of API_KEYS.
 */
export const isOwnerName = (text: string): boolean => form.test(text);
