export interface Settings {
  readonly theme: ThemeName;
  readonly mouse: boolean;
  readonly bell: boolean;
  /** Whether notifications show what a message says. */
  readonly notifyContent: boolean;
  readonly receipts: boolean;
  readonly typing: boolean;
  readonly presence: boolean;
  /** Whether strangers have to wait for an answer. */
  readonly requests: boolean;
}

export type ThemeName = "dark" | "light" | "contrast" | "plain";
