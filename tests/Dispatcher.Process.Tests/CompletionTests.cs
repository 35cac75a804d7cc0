using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>What a shell completes, asked in a real shell.</summary>
public sealed class CompletionTests : IDisposable
{
    private const string Script =
        """
        eval "$("$1" completion bash)"
        COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("$1" ${2#* }) COMP_CWORD=$(($(wc -w <<<"$2") - 1))
        _dispatcher
        echo "${COMPREPLY[*]}"
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("dispatcher job ap", "approve")]
    [InlineData("dispatcher key rev", "revoke")]
    [InlineData("dispatcher job create --dep", "--depends-on")]
    [InlineData("dispatcher cluster-sharding ver", "verify")]
    [InlineData("dispatcher completion f", "fish")]
    [InlineData("dispatcher nonsense-", "")]
    public async Task Bash_CompletesCommandsAndOptions(string line, string expected)
    {
        await using var shell = DispatcherProcess.StartOther(
            "bash", _directory.Path, new Dictionary<string, string?>(StringComparer.Ordinal), "--norc", "-c", Script, "bash", DispatcherProcess.Program, line);
        var result = await shell.WaitForExit();
        Assert.Equal((0, expected), (result.ExitCode, result.Out.Trim()));
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _dispatcher dispatcher")]
    [InlineData("zsh", "compdef _dispatcher dispatcher")]
    [InlineData("fish", "complete -f -c dispatcher")]
    public async Task Script_IsPrinted_ForEachShell(string shell, string part)
    {
        var result = await DispatcherProcess.Run(_directory.Path, "completion", shell);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(part, result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Script_IsRefused_ForAnotherShell() => Assert.Equal(2, (await DispatcherProcess.Run(_directory.Path, "completion", "tcsh")).ExitCode);
}
