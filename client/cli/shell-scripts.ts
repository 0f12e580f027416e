import type { shells } from "./complete.ts";

/** Each asks `chat completion words -- WORDS...`: a candidate a line, with a tab and what it is; `:files` for paths. */
export const shellScripts: Readonly<Record<(typeof shells)[number], string>> = {
  bash: `# chat and sotto in bash: put this into ~/.bashrc
#   source <(chat completion bash)
_sotto_complete() {
  local line word=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$word")
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _sotto_complete chat sotto
`,
  zsh: `#compdef chat sotto
# chat and sotto in zsh: put this into ~/.zshrc, after compinit
#   source <(chat completion zsh)
_sotto_complete() {
  local line
  local -a found
  for line in "\${(@f)$("\${words[1]}" completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
    elif [[ -n $line ]]; then
      found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  (( \${#found} == 0 )) || _describe -t chat chat found
}
compdef _sotto_complete chat sotto
`,
  fish: `# chat and sotto in fish: put this into ~/.config/fish/config.fish
#   chat completion fish | source
function __sotto_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    for line in ($before[1] completion words -- $before[2..-1] "$word" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$word"
        else
            echo $line
        end
    end
end
complete -c chat -f -a '(__sotto_complete)'
complete -c sotto -f -a '(__sotto_complete)'
`,
};
