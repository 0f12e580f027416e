import { expect, test } from "vitest";
import { isSamePlace, parseRelayAddress } from "./relay-address.ts";

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

const PIN = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

test("the pin of a certificate is part of the address", () => {
  const url = `https://chat.example.org:7443#sha256=${PIN}`;
  expect(parseRelayAddress(url)).toMatchObject({ url, pin: PIN, host: "chat.example.org", port: 7443 });
  expect(parseRelayAddress(`https://host/#sha256=${PIN}`)?.url).toBe(`https://host:7443#sha256=${PIN}`);
  expect(parseRelayAddress(`https://host:443/#sha256=${PIN}`)).toMatchObject({ port: 443 });
});

test("two addresses are one place when host and port are the same", () => {
  const at = (url: string) => parseRelayAddress(url) ?? expect.fail(url);
  const pinned = at(`https://host:1#sha256=${PIN}`);
  for (const url of ["https://HOST:1", "http://host:1"]) expect(isSamePlace(pinned, at(url)), url).toBe(true);
  for (const url of ["https://host:2", "https://other:1"]) {
    expect(isSamePlace(pinned, at(url)), url).toBe(false);
  }
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
    `http://host:1#sha256=${PIN}`,
    `https://host:1#sha256=${PIN}A`,
    `https://host:1#sha256=${PIN.slice(0, -1)}V`,
    `https://host:1#md5=${PIN}`,
    `https://host:1#${PIN}`,
  ];
  for (const text of wrong) expect(parseRelayAddress(text), text).toBeUndefined();
});
