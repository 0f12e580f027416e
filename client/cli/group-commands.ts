// `chat group …`, `chat rooms`, `chat join`: what they take.
import { Argument, type Command, Option } from "commander";
import type { Notify } from "../core/conversations/mute.ts";
import type { Role } from "../core/groups/group-info.ts";
import type { InvitationFlags, PolicyFlags } from "./commands/group.ts";
import { count } from "./count.ts";
import type { Commands } from "./describe.ts";

const roles = ["member", "admin", "owner"];
const histories = ["asked", "automatic"];
const groupArgument = new Argument("<NAME>", "the group or room, as `chat list` shows it");
const asOption = new Option("--as <alias>", "what to call it here");
const fromOption = new Option("--from <name>", "of several invitations: that of this person");

export function addGroups({ command, contextOf, common }: Commands): void {
  const group = command("group", "groups and rooms: create, invite, accept, leave …");
  const within = (name: string, description: string): Command =>
    common(group.command(name).description(description)).exitOverride();

  const create = within("create", "make a group, or with --room a room that is open to everyone on the relay")
    .addArgument(new Argument("<NAME>", "1-32 of a-z 0-9 _ . -"))
    .addArgument(new Argument("[MEMBER...]", "whom to invite"))
    .option("--room", "open to everyone on the relay, listed by name")
    .action(async (name: string, members: string[], options: { room?: boolean }) => {
      const commands = await import("./commands/group.ts");
      await commands.create(contextOf(create), name, members, options);
    });

  const invite = within("invite", "invite people")
    .addArgument(groupArgument)
    .addArgument(new Argument("<MEMBER...>", "whom"))
    .action(async (name: string, members: string[]) => {
      const commands = await import("./commands/group.ts");
      await commands.invite(contextOf(invite), name, members);
    });

  const accept = within("accept", "accept an invitation")
    .addArgument(groupArgument)
    .addOption(asOption)
    .addOption(fromOption)
    .action(async (name: string, options: InvitationFlags) => {
      const commands = await import("./commands/group.ts");
      await commands.accept(contextOf(accept), name, options);
    });

  const decline = within("decline", "decline an invitation")
    .addArgument(groupArgument)
    .addOption(fromOption)
    .action(async (name: string, options: InvitationFlags) => {
      const commands = await import("./commands/group.ts");
      await commands.decline(contextOf(decline), name, options);
    });

  const remove = within("remove", "remove a member, or take an invitation back")
    .addArgument(groupArgument)
    .addArgument(new Argument("<MEMBER>", "whom"))
    .action(async (name: string, member: string) => {
      const commands = await import("./commands/group.ts");
      await commands.remove(contextOf(remove), name, member);
    });

  const leave = within("leave", "leave a group or room")
    .addArgument(groupArgument)
    .action(async (name: string) => {
      const commands = await import("./commands/group.ts");
      await commands.leave(contextOf(leave), name);
    });

  const role = within("role", "make a member an admin or owner, or a member again")
    .addArgument(groupArgument)
    .addArgument(new Argument("<MEMBER>", "whom"))
    .addArgument(new Argument("<ROLE>", "what").choices(roles))
    .action(async (name: string, member: string, given: Role) => {
      const commands = await import("./commands/group.ts");
      await commands.role(contextOf(role), name, member, given);
    });

  const rename = within("rename", "give a group another title, or a room another name")
    .addArgument(groupArgument)
    .addArgument(new Argument("<NEW>", "1-32 of a-z 0-9 _ . -"))
    .action(async (name: string, newName: string) => {
      const commands = await import("./commands/group.ts");
      await commands.rename(contextOf(rename), name, newName);
    });

  const policy = within("policy", "say who may do what: the least role for it")
    .addArgument(groupArgument)
    .addOption(new Option("--invite <role>", "who may invite").choices(roles))
    .addOption(new Option("--post <role>", "who may write").choices(roles))
    .addOption(new Option("--pin <role>", "who may pin").choices(roles))
    .addOption(
      new Option("--history <how>", "whether newcomers get the latest messages unasked").choices(histories),
    )
    .action(async (name: string, options: PolicyFlags) => {
      const commands = await import("./commands/group.ts");
      const { invite: mayInvite, post, pin, history } = options;
      await commands.policy(contextOf(policy), name, {
        ...(mayInvite === undefined ? {} : { invite: mayInvite }),
        ...(post === undefined ? {} : { post }),
        ...(pin === undefined ? {} : { pin }),
        ...(history === undefined ? {} : { history }),
      });
    });

  const share = within("share", "hand the latest messages from before a member joined on to him")
    .addArgument(groupArgument)
    .addArgument(new Argument("<MEMBER>", "whom"))
    .addOption(new Option("-n <number>", "how many").argParser(count).default(10))
    .action(async (name: string, member: string, options: { n: number }) => {
      const commands = await import("./commands/group.ts");
      await commands.share(contextOf(share), name, member, options.n);
    });

  const info = within("info", "show members, roles and policy, as this profile has verified them")
    .addArgument(groupArgument)
    .action(async (name: string) => {
      const commands = await import("./commands/group.ts");
      await commands.info(contextOf(info), name);
    });

  const rooms = command("rooms", "list the rooms that are open to everyone on the relay").action(async () => {
    const commands = await import("./commands/group.ts");
    await commands.rooms(contextOf(rooms));
  });

  const join = command("join", "join an open room")
    .addArgument(new Argument("<ROOM>", "its name on the relay"))
    .addOption(asOption)
    .action(async (name: string, options: { as?: string }) => {
      const commands = await import("./commands/group.ts");
      await commands.join(contextOf(join), name, options);
    });

  const mute = command("mute", "say what you want to hear of a conversation; `chat list` counts all the same")
    .addArgument(new Argument("<NAME>", "a name"))
    .addArgument(new Argument("<LEVEL>", "how much").choices(["all", "mentions", "none"]))
    .action(async (name: string, level: Notify) => {
      const commands = await import("./commands/mute.ts");
      await commands.mute(contextOf(mute), name, level);
    });
}
