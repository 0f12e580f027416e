import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ContentSchema } from "../../proto/gen/sotto/chat/v1/content_pb.ts";

/** One of the kinds of content.proto. */
export type ContentInit = NonNullable<MessageInitShape<typeof ContentSchema>["kind"]>;

export function encodeContent(kind: ContentInit): Uint8Array {
  return toBinary(ContentSchema, create(ContentSchema, { kind }));
}
