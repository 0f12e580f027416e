declare const SOTTO_VERSION: string | undefined;

/** Of this program; the build puts it in. */
export const version = typeof SOTTO_VERSION === "string" ? SOTTO_VERSION : "source";
