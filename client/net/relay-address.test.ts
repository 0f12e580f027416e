import { expect, test } from "vitest";
import { parseRelayAddress } from "./relay-address.ts";

test("a plain and a TLS address are read, and the port may be left out", () => {
  expect(parseRelayAddress("http://127.0.0.1:7443")).toEqual({
    url: "http://127.0.0.1:7443",
    host: "127.0.0.1",
    port: 7443,
    secure: false,
    target: "dns:127.0.0.1:7443",
  });
  expect(parseRelayAddress("https://chat.example.org")).toMatchObject({ port: 7443, secure: true });
  expect(parseRelayAddress("https://chat.example.org:443/")).toMatchObject({ port: 443 });
  expect(parseRelayAddress("http://[::1]:80")).toMatchObject({
    host: "::1",
    port: 80,
    target: "dns:[::1]:80",
  });
});

test("what is not an address of a relay is refused, a part that would be ignored included", () => {
  const wrong = [
    "",
    "127.0.0.1:7443",
    "localhost",
    "ftp://host:1",
    "grpc://host:1",
    "http://",
    "http://host:99999",
    "http://user@host:1",
    "http://host:1/path",
    "http://host:1?x=1",
    "https://host:1#sha256=00",
  ];
  for (const text of wrong) expect(parseRelayAddress(text), text).toBeUndefined();
});
