/** Of one message, in UTF-8. */
export const MAX_TEXT_BYTES = 65_536;
