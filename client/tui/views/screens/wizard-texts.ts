import type { RelayFound } from "../../model/data.ts";
import type { WizardScreen, WizardStep } from "../../model/screens/wizard-screen.ts";
import type { State } from "../../model/state.ts";

interface WizardText {
  readonly title: string;
  /** How far one has come. */
  readonly step: string | undefined;
  readonly text: readonly string[];
}

const order: Readonly<Partial<Record<WizardStep, number>>> = {
  where: 1,
  address: 1,
  name: 2,
  invitation: 2,
  password: 3,
  words: 4,
  file: 4,
  check: 4,
  first: 5,
};

const orderOfMine: Readonly<Partial<Record<WizardStep, number>>> = {
  where: 1,
  address: 1,
  name: 2,
  secret: 3,
  recall: 4,
  "recall file": 4,
  "new password": 4,
};

export function textOf(screen: WizardScreen, state: State): WizardText {
  const { isMine } = screen.known;
  const place = (isMine ? orderOfMine : order)[screen.step];
  const [title, ...text] = saying(screen, state);
  return { title, text, step: place === undefined ? undefined : `${place} of ${isMine ? 4 : 5}` };
}

function saying({ step, known }: WizardScreen, state: State): readonly [string, ...string[]] {
  const { name, relay } = known;
  switch (step) {
    case "unlock":
      return ["This profile is locked", "Its passphrase opens it."];
    case "where":
      return [
        "Welcome to Sotto",
        "End-to-end encrypted chat for people who live in a terminal. A relay carries your messages and sees nothing but ciphertext. Which relay do you want to use?",
      ];
    case "address":
      return [
        "The address of your relay",
        "Ask whoever runs it. Without http:// before it, the way to it is encrypted with TLS.",
      ];
    case "name":
      if (known.isMine) return ["Your name there", ...wordsFor(relay), "As it is on your other machine."];
      return relay?.registration === "closed"
        ? [
            "Your name",
            ...wordsFor(relay),
            "It takes no new accounts: sign in to yours, or Esc for another relay.",
          ]
        : ["Your name", ...wordsFor(relay), "By it others find you. 3 to 32 of a-z 0-9 _ . and -"];
    case "invitation":
      return [
        "Your invitation",
        `${relay === undefined ? "The relay" : shortUrl(relay)} takes newcomers by invitation. Whoever runs it gives you a token.`,
      ];
    case "secret":
      return known.isNameFixed
        ? [
            `Welcome back, ${name}`,
            "This machine was about to become a device of your account. The password goes on with it.",
          ]
        : [
            `The password of ${name}`,
            "It never leaves this machine: the relay learns only that it is right.",
          ];
    case "recall":
      return [
        "Your recovery words",
        known.isForgotten
          ? `The 24 words of ${name}. With them you choose another password.`
          : "The 24 words that you wrote down. They sign that this machine is yours, and are not kept on it.",
      ];
    case "recall file":
      return ["The file with your words", "It is only read. Put it back where it is safe."];
    case "new password":
      return [
        `Another password for ${name}`,
        "In place of the one that is forgotten, on all your machines. Those that are signed in stay so.",
      ];
    case "password":
      return known.isNameFixed
        ? [
            `Welcome back, ${name}`,
            "Your registration was cut short, and goes on with the same keys. Choose the password once more.",
          ]
        : [
            `A password for ${name}`,
            "For signing in, here and on other machines. It never leaves this machine: nobody can send you a new one.",
          ];
    case "sign in":
      return [
        `Welcome back, ${name}`,
        `Your account on ${relay?.url ?? "the relay"} is made. Sign in, and go on where you left off.`,
      ];
    case "words":
      return [
        "Your recovery words",
        "The only way back into your account without this machine. Write them down in this order, and show them to nobody.",
      ];
    case "file":
      return [
        "Save the words to a file",
        "A new one that only you can read. Best on something that you can take out and put away.",
      ];
    case "check":
      return ["Three of your words", "To be sure that they are written down. Esc shows them again."];
    case "first":
      return ["Your first conversation", ...company(state, relay)];
  }
}

function wordsFor(relay: RelayFound | undefined): readonly string[] {
  if (relay === undefined) return [];
  if (relay.isOwn) {
    return [`Your relay is ${relay.url}: it runs while Sotto is open; \`chat relay\` keeps it running.`];
  }
  const ways = {
    "this machine": "on this machine.",
    tls: "encrypted with TLS, and its certificate holds.",
    pinned: "encrypted with TLS, and its certificate is the one that the address names.",
    open: "WITHOUT encryption on the way: the network between can see who talks to whom, though not a word of it.",
  };
  return [`The relay is ${shortUrl(relay)}, ${ways[relay.way]}`];
}

/** Nobody reads a fingerprint there. */
function shortUrl({ url }: RelayFound): string {
  return url.replace(/#.*$/, "");
}

function company({ directory, me }: State, relay: RelayFound | undefined): readonly string[] {
  const others = directory.people.some(({ name }) => name !== me);
  if (others || !directory.isWhole) {
    return [
      "Type a name, or choose somebody who is on this relay. Whoever registers from now on appears here.",
    ];
  }
  const where = relay === undefined ? "" : ` at ${relay.url}`;
  return [`Nobody else is on this relay yet. As soon as somebody registers${where}, he appears here.`];
}

/** What belongs in the fields. */
export function labelsOf({ step, known }: WizardScreen): readonly string[] {
  switch (step) {
    case "unlock":
      return ["Passphrase"];
    case "address":
      return ["https://chat.example.org"];
    case "name":
      return ["nora"];
    case "invitation":
      return ["The token"];
    case "password":
    case "new password":
      return ["Password", "Again"];
    case "sign in":
    case "secret":
      return ["Password"];
    case "recall":
      return ["24 words, with spaces between them"];
    case "recall file":
      return ["The name of the file"];
    case "file":
      return ["The name of a new file"];
    case "check":
      return known.places.map((place) => `Word ${place + 1}`);
    case "first":
      return ["A name"];
    case "where":
    case "words":
      return [];
  }
}
