// The least that a full-screen client on Ink can be: thirty lines, the last of which holds what is typed.
import { Box, render, Text, useInput } from "ink";
import { useState } from "react";

const LINES = Array.from({ length: 29 }, (_, at) => `${at} `.repeat(12));

function Screen() {
  const [typed, setTyped] = useState("");
  useInput((input) => setTyped((before) => before + input));
  return (
    <Box flexDirection="column">
      {LINES.map((line) => (
        <Text key={line}>{line}</Text>
      ))}
      <Text>› {typed}</Text>
    </Box>
  );
}

render(<Screen />, { alternateScreen: true, maxFps: 1_000, incrementalRendering: true });
