using System.CommandLine;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Commands;

/// <summary><c>dispatcher completion</c>: prints what a shell needs to complete commands and options. The program itself knows the answers.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # For bash: eval "$(dispatcher completion bash)"
        _dispatcher() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _dispatcher dispatcher
        """;

    private const string Zsh = """
        # For zsh: eval "$(dispatcher completion zsh)"
        _dispatcher() {
          local -a found
          found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -- $found
        }
        compdef _dispatcher dispatcher
        """;

    private const string Fish = """
        # For fish: dispatcher completion fish | source
        complete -f -c dispatcher -a '(set -l line (commandline -cp); dispatcher "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)'
        """;

    public static Command Create(HostEdges edges)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash | zsh | fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print the completion script of a shell") { shell };
        command.SetAction(parsed =>
        {
            edges.Out.WriteLine(parsed.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCode.Ok;
        });
        return command;
    }
}
