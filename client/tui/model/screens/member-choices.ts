import type { GroupDetails, MemberRole } from "../data.ts";
import type { Effect } from "../effect.ts";
import { asking } from "./confirm.ts";
import { isAtLeast, type PolicyItem, signed } from "./details-items.ts";
import type { Choice, ConfirmScreen, Screen } from "./screen.ts";

/** What can be done about a member, as far as one may; undefined for oneself. */
export function memberChoices(
  { name: group, mine }: GroupDetails,
  { name, role, talk }: { readonly name: string; readonly role: MemberRole; readonly talk: string },
  me: string,
  safety: { readonly screen: Screen; readonly effects: readonly Effect[] },
): ConfirmScreen | undefined {
  if (name === me) return undefined;
  const choices: Choice[] = [
    { label: `Write to ${name}`, effects: [], goTo: talk },
    { label: "Safety number", effects: safety.effects, over: safety.screen },
  ];
  if (mine === "owner") {
    for (const other of ["member", "admin", "owner"] as const)
      if (other !== role) choices.push(roleChoice(group, name, other));
  }
  if (mine === "owner" || (isAtLeast(mine, "admin") && role === "member")) {
    const effects: Effect[] = [{ kind: "remove", group, member: name }];
    const detail = `${name} gets nothing that is written from then on, and keeps what is there already.`;
    choices.push({
      label: `Remove from ${signed(group)}`,
      effects: [],
      over: asking(`Remove ${name} from ${signed(group)}?`, detail, "Remove", effects),
    });
  }
  choices.push({ label: "Back", effects: [] });
  return {
    kind: "confirm",
    question: `${name}, ${role} of ${signed(group)}`,
    detail: undefined,
    choices,
    chosen: 0,
  };
}

const roleWords: Readonly<Record<MemberRole, string>> = {
  member: "a plain member",
  admin: "an admin",
  owner: "an owner",
};

function roleChoice(group: string, member: string, role: MemberRole): Choice {
  const label = `Make ${roleWords[role]}`;
  const effects: Effect[] = [{ kind: "role", group, member, role }];
  if (role !== "owner") return { label, effects };
  const detail = "Owners decide about everything, and may remove you.";
  return {
    label,
    effects: [],
    over: asking(`Make ${member} an owner of ${signed(group)}?`, detail, label, effects),
  };
}

const leastWords: Readonly<Record<MemberRole, string>> = {
  member: "Every member",
  admin: "Admins and owners",
  owner: "Owners only",
};

const questions: Readonly<Record<PolicyItem["what"], string>> = {
  invite: "Who may invite?",
  post: "Who may write?",
  pin: "Who may pin messages?",
  history: "Do newcomers get the latest messages?",
};

/** The values of a policy; the cursor is on the one it has. */
export function policyChoices(group: string, { what, value }: PolicyItem): ConfirmScreen {
  const answers =
    what === "history"
      ? (["automatic", "asked"] as const).map((when) => ({
          value: when as string,
          label: when === "automatic" ? "Yes, by themselves" : "Only if a member gives them",
          policy: { what, when },
        }))
      : (["member", "admin", "owner"] as const).map((least) => ({
          value: least as string,
          label: leastWords[least],
          policy: { what, least },
        }));
  const choices = answers.map(
    (answer): Choice => ({
      label: answer.label,
      effects: answer.value === value ? [] : [{ kind: "policy", group, policy: answer.policy }],
    }),
  );
  const chosen = answers.findIndex((answer) => answer.value === value);
  return { kind: "confirm", question: questions[what], detail: undefined, choices, chosen };
}
