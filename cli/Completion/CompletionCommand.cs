using System.CommandLine;

namespace Atp.Cli.Completion;

/// <summary>The scripts ask this program for proposals, so that they know every command, option and value of the version that runs.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # Completion of atp in bash. Load it with: source <(atp completion bash)
        _atp() {
          local line word=${COMP_WORDS[COMP_CWORD]} proposals=()
          while IFS= read -r line; do proposals+=("$line"); done < <(atp "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
          COMPREPLY=()
          if [ ${#proposals[@]} -eq 1 ]; then
            COMPREPLY=("${proposals[0]%%$'\t'*}")
          else
            for line in "${proposals[@]}"; do COMPREPLY+=("${line/$'\t'/  }"); done
          fi
          [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
        }
        complete -F _atp atp
        """;

    private const string Zsh = """
        #compdef atp
        # Completion of atp in zsh. Load it with: source <(atp completion zsh)
        _atp() {
          local line
          local -a words_ shown
          while IFS= read -r line; do
            words_+=("${line%%$'\t'*}")
            shown+=("${line/$'\t'/  }")
          done < <(atp "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)
          if (( $#words_ )); then compadd -U -l -d shown -a words_; else _files; fi
        }
        compdef _atp atp
        """;

    private const string Fish = """
        # Completion of atp in fish. Load it with: atp completion fish | source
        function __atp_complete
          atp "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null
        end
        complete -c atp -f -a "(__atp_complete)"
        complete -c atp -l file -l keys -l save-keys -l token-file -l anchors -l report -l out -r -F
        """;

    private const string PowerShell = """
        # Completion of atp in PowerShell. Load it with: atp completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName atp -ScriptBlock {
          param($word, $commandLine, $position)
          $line = $commandLine.ToString().PadRight($position)
          atp "[suggest:$position]" "$line" 2>$null | ForEach-Object {
            $value, $meaning = $_ -split "`t", 2
            [System.Management.Automation.CompletionResult]::new($value, $(if ($meaning) { "$value  $meaning" } else { $value }), 'ParameterValue', $(if ($meaning) { $meaning } else { $value }))
          }
        }
        """;

    private static readonly Dictionary<string, string> Scripts = new() { ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish, ["pwsh"] = PowerShell };

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "Which one", HelpName = "bash|zsh|fish|pwsh" };
        shell.CompletionSources.Add([.. Scripts.Keys]);
        shell.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Scripts.ContainsKey(token.Value))
            {
                result.AddError($"There is no completion for '{token.Value}': there is bash, zsh, fish and pwsh.");
            }
        });
        var command = new Command("completion", "Print the script that completes commands, options, values and ids in a shell") { shell };
        command.SetAction(parse => terminal.Output.Write(Scripts[parse.GetRequiredValue(shell)].ReplaceLineEndings("\n") + "\n"));
        return command;
    }
}
