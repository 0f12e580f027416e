// For a container's HEALTHCHECK: exit status 0 while the relay beside it can do its work.
const [, port = "9464"] = /:(\d+)$/.exec(process.env.SOTTO_RELAY_METRICS_LISTEN ?? "") ?? [];
const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_000) }).catch(
  (error) => error,
);
if (!answer.ok)
  console.error(answer instanceof Response ? await answer.text() : String(answer.cause ?? answer));
process.exit(answer.ok ? 0 : 1);
