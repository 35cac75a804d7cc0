using System.Diagnostics;
using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Processes;

namespace Dispatcher.Actors.Tests.Steps.Processes;

/// <summary>Real processes: what the kernel does with groups, pipes and signals is the point here.</summary>
public sealed class ProcessRunnerTests
{
    /// <summary>A test that waits for an event fails after this; no test waits for time to pass.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly ProcessOptions Options = new() { AllowedCommands = ["sh", "cat", "no-such-command"] };

    [Fact]
    public async Task Run_ReturnsOutputsAndExitCode_WhenTheCommandEnds()
    {
        var outcome = await RunShell("printf out; printf err >&2; exit 3");

        Assert.Equal((3, "out", "err", false), (outcome.ExitCode, outcome.Output, outcome.Error, outcome.OutputTruncated));
        Assert.True(outcome.Elapsed > TimeSpan.Zero);
    }

    [Fact]
    public async Task Run_PassesArgumentsUnchanged_WhenTheyLookLikeShell()
    {
        string[] awkward = ["a b", "$HOME", "`id`", "*", "", "\"quoted\"", "ü", "--", "-x"];

        var outcome = await RunShell("""for a in "$@"; do printf '[%s]' "$a"; done""", arguments: awkward);

        Assert.Equal(string.Concat(awkward.Select(argument => $"[{argument}]")), outcome.Output);
    }

    [Fact]
    public async Task Run_MakesTheCommandLeadItsOwnGroupAndSession_WhenStarted()
    {
        var outcome = await RunShell("read -r stat < /proc/$$/stat; echo \"$$ $stat\"");

        var fields = outcome.Output.Split(' ');
        Assert.Equal(fields[0], fields[5]); // process group
        Assert.Equal(fields[0], fields[6]); // session
    }

    [Fact]
    public async Task Run_LetsTheKernelKillTheCommand_WhenDispatcherDies()
    {
        var runner = new ProcessRunner(new ProcessOptions { AllowedCommands = ["setpriv"] }, TimeProvider.System);

        var outcome = await runner.Run(new ProcessRequest("setpriv", ["--dump"]), CancellationToken.None);

        Assert.Contains("Parent death signal: KILL", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_GivesTheCommandAFewVariablesOnly_WhenDispatcherHasSecrets()
    {
        Environment.SetEnvironmentVariable("DISPATCHER_TEST_SECRET", "swordfish");

        var outcome = await RunShell("env", request => request with { Environment = new Dictionary<string, string> { ["GIVEN"] = "yes" } });

        Assert.DoesNotContain("swordfish", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("GIVEN=yes", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("PATH=", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ClosesStandardInput_WhenThereIsNone()
    {
        var outcome = await Runner().Run(new ProcessRequest("cat", []), CancellationToken.None).AsTask().WaitAsync(Patience);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task Run_FeedsInputAndOutputAtOnce_WhenBothAreLargerThanAPipe()
    {
        var input = new string('x', 900_000);

        var outcome = await Runner().Run(new ProcessRequest("cat", []) { Input = input }, CancellationToken.None).AsTask().WaitAsync(Patience);

        Assert.Equal(input, outcome.Output);
    }

    [Fact]
    public async Task Run_EndsWell_WhenTheCommandDoesNotReadItsInput()
    {
        var outcome = await RunShell("exec true", request => request with { Input = new string('x', 900_000) });

        Assert.Equal(0, outcome.ExitCode);
    }

    [Fact]
    public async Task Run_KeepsTheBeginningOfOutputAndTheEndOfError_WhenFlooded()
    {
        const string Flood = "echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo last";

        var outcome = await RunShell($"({Flood}); ({Flood}) >&2");

        Assert.True(outcome.OutputTruncated);
        Assert.StartsWith("first\nxxx", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("xxxlast\n", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(Options.OutputLimitBytes, outcome.Output.Length);
        Assert.Equal(Options.OutputLimitBytes, outcome.Error.Length);
    }

    [Fact]
    public async Task Run_TellsLinesAsTheyCome_WhenTheCommandStillRuns()
    {
        using var directory = new TemporaryDirectory();
        var gate = directory.File("gate");
        await MakeFifo(gate);
        var lines = new List<string>();

        var outcome = await RunShell($"echo one; read -r answer < '{gate}'; echo \"$answer\"; printf 'a\\rb\\r\\n\\nend'", request => request with
        {
            OnOutputLine = line =>
            {
                lines.Add(line);
                if (lines.Count == 1) File.WriteAllText(gate, "two\n"); // the command goes on only because its first line has come
            },
        });

        Assert.Equal(["one", "two", "a", "b", "end"], lines);
        Assert.Equal("one\ntwo\na\rb\r\n\nend", outcome.Output);
    }

    [Fact]
    public async Task Run_CutsLines_WhenTheyAreLongerThanTheLimit()
    {
        var lines = new List<string>();

        await RunShell("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo short", request => request with { OnOutputLine = lines.Add });

        Assert.Equal([Options.LineLimitCharacters, 5], lines.Select(line => line.Length));
    }

    [Fact]
    public async Task Run_StopsTheCommandAndRethrows_WhenALineCallbackThrows()
    {
        var thrown = await Assert.ThrowsAsync<FormatException>(() => RunShell("echo x; sleep 1000", request => request with
        {
            OnOutputLine = _ => throw new FormatException("not a number"),
        }));

        Assert.Equal("not a number", thrown.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("trap '' TERM;")] // deaf to SIGTERM: needs the SIGKILL after the grace
    public async Task Run_KillsGrandchildrenToo_WhenCancelled(string prelude)
    {
        using var cancellation = new CancellationTokenSource();
        var processes = new List<int>();
        var runner = new ProcessRunner(Options with { KillGrace = TimeSpan.FromMilliseconds(200) }, TimeProvider.System);

        var run = runner.Run(
            Shell($"{prelude} sh -c '{prelude} echo $$; sleep 1000 & echo $!; wait; wait' & echo $$; wait; sleep 1000") with
            {
                OnOutputLine = line =>
                {
                    processes.Add(int.Parse(line, CultureInfo.InvariantCulture));
                    if (processes.Count == 3) cancellation.Cancel();
                },
            },
            cancellation.Token).AsTask().WaitAsync(Patience);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(3, processes.Count);
        Assert.All(processes, AssertGone);
    }

    [Fact]
    public async Task Run_KillsBackgroundProcesses_WhenTheCommandEndsWithoutThem()
    {
        var outcome = await RunShell("sleep 1000 & echo $!");

        AssertGone(int.Parse(outcome.Output, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Run_LetsGoOfThePipes_WhenAProcessLeftTheGroupAndHoldsThem()
    {
        using var directory = new TemporaryDirectory();
        var runner = new ProcessRunner(Options with { KillGrace = TimeSpan.FromMilliseconds(100) }, TimeProvider.System);

        // What is on its way in the pipe when that is let go may be lost, so the number comes in a file.
        var number = directory.File("number");

        var outcome = await runner.Run(Shell($"setsid sleep 1000 & echo $! > '{number}'"), CancellationToken.None).AsTask().WaitAsync(Patience);

        Assert.Equal(0, outcome.ExitCode);
        using var escaped = FindSleeper(await File.ReadAllTextAsync(number));
        escaped?.Kill();
    }

    [Fact]
    public async Task Run_FailsWithTimeout_WhenTheCommandTakesTooLong()
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(
            () => RunShell("sleep 1000", request => request with { Timeout = TimeSpan.FromMilliseconds(50) }));

        Assert.Equal((ErrorClass.Timeout, "COMMAND_TIMEOUT"), (thrown.Failure.Class, thrown.Failure.Code));
    }

    [Fact]
    public async Task Run_StartsNothing_WhenAlreadyCancelled()
    {
        using var directory = new TemporaryDirectory();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Runner().Run(Shell($"touch '{directory.File("ran")}'"), new CancellationToken(canceled: true)).AsTask());

        Assert.False(File.Exists(directory.File("ran")));
    }

    [Theory]
    [InlineData("ls")]
    [InlineData("/bin/sh")]
    [InlineData("./sh")]
    [InlineData("../bin/sh")]
    [InlineData("")]
    public async Task Run_RefusesTheCommand_WhenItIsNotListed(string command)
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => Runner().Run(new ProcessRequest(command, []), default).AsTask());

        Assert.Equal((ErrorClass.InvalidInput, "COMMAND_NOT_ALLOWED"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.Contains("dispatcher.process.allowed-commands", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RefusesEverything_WhenNothingIsListed()
    {
        var runner = new ProcessRunner(new ProcessOptions(), TimeProvider.System);

        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => runner.Run(Shell("true"), default).AsTask());

        Assert.Equal("COMMAND_NOT_ALLOWED", thrown.Failure.Code);
    }

    [Fact]
    public async Task Run_TakesAFullPath_WhenItIsListedLiterally()
    {
        var runner = new ProcessRunner(new ProcessOptions { AllowedCommands = ["/bin/sh"] }, TimeProvider.System);

        var outcome = await runner.Run(new ProcessRequest("/bin/sh", ["-c", "echo yes"]), default);

        Assert.Equal("yes\n", outcome.Output);
    }

    [Fact]
    public async Task Run_FailsForGood_WhenTheCommandIsNotInstalled()
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => Runner().Run(new ProcessRequest("no-such-command", []), default).AsTask());

        Assert.Equal((ErrorClass.Permanent, "COMMAND_NOT_FOUND"), (thrown.Failure.Class, thrown.Failure.Code));
    }

    [Fact]
    public async Task Run_RefusesArguments_WhenTheyHoldNul()
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => RunShell("true", arguments: ["a\0b"]));

        Assert.Equal((ErrorClass.InvalidInput, "INVALID_ARGUMENT"), (thrown.Failure.Class, thrown.Failure.Code));
    }

    [Fact]
    public async Task Run_Fails_WhenTheWorkingDirectoryIsMissing()
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => RunShell("true", request => request with { WorkingDirectory = "/no/such/folder" }));

        Assert.Equal("COMMAND_NOT_STARTED", thrown.Failure.Code);
    }

    [Fact]
    public async Task Run_LeavesNoZombie_WhenManyCommandsRanAtOnce()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => RunShell($"echo $$; exit {number}")));

        Assert.Equal(Enumerable.Range(0, 40), outcomes.Select(outcome => outcome.ExitCode));
        Assert.All(outcomes, outcome => Assert.False(Directory.Exists($"/proc/{outcome.Output.Trim()}")));
    }

    private static ProcessRunner Runner() => new(Options, TimeProvider.System);

    private static ProcessRequest Shell(string script, params string[] arguments) => new("sh", ["-c", script, "sh", .. arguments]);

    private static Task<ProcessOutcome> RunShell(string script, Func<ProcessRequest, ProcessRequest>? change = null, params string[] arguments)
    {
        var request = Shell(script, arguments);
        return Runner().Run(change is null ? request : change(request), CancellationToken.None).AsTask().WaitAsync(Patience);
    }

    private static async Task MakeFifo(string path)
    {
        using var process = Process.Start("mkfifo", path);
        await process.WaitForExitAsync();
    }

    /// <summary>
    /// Gone, or a zombie that waits for its new parent: it runs no more and holds nothing. A signal is on its way for a moment after it was sent, and
    /// the end of another process's child is no event that could be awaited, hence the spinning.
    /// </summary>
    private static void AssertGone(int process) => Assert.True(SpinWait.SpinUntil(() => IsGone(process), Patience), $"process {process} still runs");

    private static bool IsGone(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(") ")[1][0] is 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static Process? FindSleeper(string number)
    {
        try
        {
            return Process.GetProcessById(int.Parse(number, CultureInfo.InvariantCulture));
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
