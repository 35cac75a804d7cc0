using Dispatcher.Host.Commands.Shell;

namespace Dispatcher.Host.Tests;

/// <summary><c>dispatcher pbm</c>: one command, a pipe, and a terminal.</summary>
public sealed class ShellTests : IAsyncLifetime
{
    private ServedDirectory _served = null!;
    private string _address = null!;

    private CommandRun Client => _served.Client;

    public async Task InitializeAsync()
    {
        _served = await ServedDirectory.Start();
        _address = new Uri(Client.Environment["DISPATCHER_SERVER"]).Authority;
    }

    public async Task DisposeAsync() => await _served.DisposeAsync();

    [Fact]
    public async Task OneCommand_RunsAndEnds_WithItsExitCode()
    {
        var direct = await Client.Run("cluster", "leader");

        Assert.Equal(direct.Out, (await Client.Run("pbm", _address, "cluster", "leader")).Out);
        Assert.Equal(direct.Out, (await Client.Run("pbm", "cluster", "leader")).Out);
        Assert.Equal("jobs", (await Client.Run("pbm", _address, "cluster-sharding", "list-regions", "-o", "ids")).Out.Trim());
        Assert.Equal(1, (await Client.Run("pbm", _address, "cluster", "leave")).ExitCode);
        Assert.Equal(2, (await Client.Run("pbm", _address, "serve")).ExitCode);
        Assert.Equal(2, (await Client.Run("pbm", "127.0.0.1:port", "cluster", "show")).ExitCode);
        Assert.Equal(1, (await Client.Run("pbm", "127.0.0.1:1", "cluster", "show")).ExitCode);
    }

    [Fact]
    public async Task Help_ListsTheCommands()
    {
        Assert.Contains((await Client.Run("pbm", _address, "help")).Lines, line => line.TrimStart().StartsWith("cluster-sharding ", StringComparison.Ordinal));
        Assert.Contains("region-stats", (await Client.Run("pbm", _address, "help", "cluster-sharding")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APipe_IsReadLineByLine_UntilACommandFails()
    {
        var good = await Client.WithInput("# who leads\n\ncluster leader\nexit\nnonsense\n", "pbm", _address);
        var bad = await Client.WithInput("cluster leader\ncluster leave\ncluster leader\n", "pbm", _address);

        Assert.Equal((0, 1), (good.ExitCode, good.Lines.Count));
        Assert.Equal((1, 1), (bad.ExitCode, bad.Lines.Count));
    }

    [Fact]
    public async Task ATerminal_HasAPromptAndCompletion()
    {
        var output = await Client.WithKeys("clu\tsh\t\nclus\t lea\td\t\nexit\n", "pbm", _address);

        Assert.Equal(0, output.ExitCode);
        Assert.Contains($"[{_address}] pbm> ", output.Out, StringComparison.Ordinal);
        Assert.Contains("pbm> cluster leader", output.Out, StringComparison.Ordinal);
        Assert.Contains("[coordinator] | up", output.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc\n", "abc")]
    [InlineData("ab<c\n", "acb")]
    [InlineData("ab^c>!d\n", "cabd")]
    [InlineData("abx~c\n", "abc")]
    [InlineData("one\ntwo\nUU\n", "one")]
    [InlineData("one\ntwo\nUUD\n", "two")]
    [InlineData("one\nxUD\n", "")]
    [InlineData("go\t\n", "gopher ")]
    [InlineData("pa\t\n", "pa")]
    [InlineData("say go\t!\n", "say gopher ")]
    [InlineData("abc\u0003d\n", "d")]
    public void Editor_EditsTheLastLine(string keys, string line)
    {
        using var output = new StringWriter();
        var editor = new LineEditor(Keys.Of(keys), output, "> ", _ => ["gopher", "panda", "parrot"]);

        string? last = null;
        for (var i = 0; i < keys.Count(key => key == '\n'); i++) last = editor.ReadLine();

        Assert.Equal(line, last);
    }

    [Fact]
    public void Editor_EndsWithCtrlD_AndShowsWhatIsPossible()
    {
        using var output = new StringWriter();
        var editor = new LineEditor(Keys.Of("pa\t\n\u0004"), output, "> ", _ => ["panda", "parrot"]);

        Assert.Equal("pa", editor.ReadLine());
        Assert.Null(editor.ReadLine());
        Assert.Contains("panda  parrot", output.ToString(), StringComparison.Ordinal);
    }
}

/// <summary>Keys of a terminal, written as text: &lt; &gt; are the arrows, ^ Home, ! End, ~ Backspace, U and D up and down.</summary>
internal static class Keys
{
    public static Func<ConsoleKeyInfo> Of(string text)
    {
        var place = 0;
        return () => Key(place < text.Length ? text[place++] : '\u0004');
    }

    private static ConsoleKeyInfo Key(char character) => character switch
    {
        '\n' => Special(ConsoleKey.Enter),
        '\t' => Special(ConsoleKey.Tab),
        '<' => Special(ConsoleKey.LeftArrow),
        '>' => Special(ConsoleKey.RightArrow),
        '^' => Special(ConsoleKey.Home),
        '!' => Special(ConsoleKey.End),
        '~' => Special(ConsoleKey.Backspace),
        'U' => Special(ConsoleKey.UpArrow),
        'D' => Special(ConsoleKey.DownArrow),
        _ => new ConsoleKeyInfo(character, ConsoleKey.None, false, false, false),
    };

    private static ConsoleKeyInfo Special(ConsoleKey key) => new('\0', key, false, false, false);
}
