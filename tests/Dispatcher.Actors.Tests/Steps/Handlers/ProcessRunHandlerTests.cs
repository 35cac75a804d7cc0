using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Handlers;
using Dispatcher.Steps.Processes;

namespace Dispatcher.Actors.Tests.Steps.Handlers;

public sealed class ProcessRunHandlerTests : IDisposable
{
    private static readonly JobId Job = JobId.Parse("01890000-0000-7000-8000-000000000001");

    private readonly TemporaryDirectory _root = new();
    private readonly ArtifactFolder _artifacts;
    private readonly ProcessRunHandler _handler =
        new(new ProcessRunner(new ProcessOptions { AllowedCommands = ["sh"] }, TimeProvider.System));

    public ProcessRunHandlerTests() =>
        _artifacts = new LocalArtifactStore(_root.Path, "test", new IdGenerator(TimeProvider.System)).FolderOf("acme", Job);

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Run_ReturnsWhatTheCommandSaid_WhenItEndsWell()
    {
        var output = (await RunShell("printf 'hello'; printf 'warned' >&2")).Output!.Value;

        Assert.Equal(0, output.GetProperty("exit_code").GetInt32());
        Assert.Equal("hello", output.GetProperty("stdout").GetString());
        Assert.False(output.GetProperty("stdout_truncated").GetBoolean());
        Assert.Equal("warned", output.GetProperty("stderr_tail").GetString());
        Assert.True(output.GetProperty("elapsed_ms").GetInt64() >= 0);
        Assert.False(output.TryGetProperty("json", out _));
    }

    [Fact]
    public async Task Run_ReturnsJsonToo_WhenTheCommandWritesJson()
    {
        var output = (await RunShell("""echo '{"n":[1,2]}'""")).Output!.Value;

        Assert.Equal("[1,2]", output.GetProperty("json").GetProperty("n").GetRawText());
    }

    [Fact]
    public async Task Run_PassesNumbersFeedsInputAndSetsVariables_WhenGiven()
    {
        var output = (await Run(new
        {
            command = "sh",
            args = new object[] { "-c", "cat; echo \" $1 $2 $GIVEN $DISPATCHER_IDEMPOTENCY_KEY\"", "sh", 1.5, true },
            env = new { GIVEN = 7 },
            stdin = "in",
        })).Output!.Value;

        Assert.Equal($"in 1.5 true 7 {Job}/step\n", output.GetProperty("stdout").GetString());
    }

    [Fact]
    public async Task Run_CommitsOutputs_WhenTheCommandWroteThem()
    {
        var result = await RunShell("mkdir -p a; echo one > a/one.txt; echo two > \"$1\"", outputs: ["a/one.txt", "b/two.txt"], arguments: [_artifacts.PathOf("b/two.txt")]);

        Assert.Equal(["a/one.txt", "b/two.txt"], result.Artifacts.Select(artifact => artifact.Path));
        Assert.Equal("one\n", await File.ReadAllTextAsync(_artifacts.PathOf("a/one.txt")));
        Assert.Equal("two\n", await File.ReadAllTextAsync(_artifacts.PathOf("b/two.txt")));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Run_KeepsTheOldVersion_WhenTheCommandFailsHalfway()
    {
        await _artifacts.Write("a.txt", "a", "old"u8.ToArray(), CancellationToken.None);

        await Assert.ThrowsAsync<StepFailedException>(() => RunShell("echo half > \"$1\"; exit 1", outputs: ["a.txt"], arguments: [_artifacts.PathOf("a.txt")]));

        Assert.Equal("old", await File.ReadAllTextAsync(_artifacts.PathOf("a.txt")));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Run_CommitsNothing_WhenOneOutputIsMissing()
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => RunShell("echo one > one.txt", outputs: ["one.txt", "two.txt"]));

        Assert.Equal((ErrorClass.Permanent, "OUTPUT_NOT_WRITTEN"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.False(_artifacts.Exists("one.txt"));
    }

    /// <summary>The file outside is the test's own: were the guard broken, it would be moved away.</summary>
    [Theory]
    [InlineData("ln -s \"$1/secret\" out.txt", "out.txt")]
    [InlineData("rmdir sub; ln -s \"$1\" sub", "sub/secret")]
    public async Task Run_RefusesAnOutput_WhenItIsReachedThroughALink(string script, string output)
    {
        using var outside = new TemporaryDirectory();
        await File.WriteAllTextAsync(outside.File("secret"), "swordfish");

        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => RunShell(script, outputs: [output], arguments: [outside.Path]));

        Assert.Equal(ErrorClass.InvalidInput, thrown.Failure.Class);
        Assert.Contains("symbolic link", thrown.Message, StringComparison.Ordinal);
        Assert.Equal("swordfish", await File.ReadAllTextAsync(outside.File("secret")));
    }

    [Fact]
    public async Task Run_UsesAFolderOfTheJob_WhenToldTo()
    {
        await _artifacts.Write("in/data.txt", "data", "content"u8.ToArray(), CancellationToken.None);

        var output = (await Run(new { command = "sh", args = new[] { "-c", "cat data.txt" }, working_directory = "in" })).Output!.Value;

        Assert.Equal("content", output.GetProperty("stdout").GetString());
    }

    [Fact]
    public async Task Run_FailsAsTransientWithTheEndOfError_WhenTheExitCodeIsWrong()
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => RunShell("echo 'no such codec' >&2; exit 4"));

        Assert.Equal((ErrorClass.Transient, "COMMAND_FAILED"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.Equal("'sh' ended with exit code 4: no such codec", thrown.Message);
    }

    [Fact]
    public async Task Run_NamesTheSignal_WhenTheCommandWasKilled()
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(() => RunShell("kill -KILL $$"));

        Assert.Equal("'sh' was killed by SIGKILL", thrown.Message);
    }

    [Fact]
    public async Task Run_TakesOtherExitCodes_WhenTheyAreListed()
    {
        var result = await Run(new { command = "sh", args = new[] { "-c", "exit 4" }, success_exit_codes = new[] { 0, 4 } });

        Assert.Equal(4, result.Output!.Value.GetProperty("exit_code").GetInt32());
        await Assert.ThrowsAsync<StepFailedException>(() => Run(new { command = "sh", args = new[] { "-c", "exit 0" }, success_exit_codes = new[] { 4 } }));
    }

    [Theory]
    [InlineData("head -c 3000000 /dev/zero | tr '\\0' x")]
    [InlineData("head -c 3000000 /dev/zero")] // each NUL takes six bytes in JSON
    public async Task Run_StaysWithinTheSizeOfAStepsOutput_WhenTheCommandFloods(string script)
    {
        var output = (await RunShell($"({script}); ({script}) >&2")).Output!.Value;

        Assert.True(output.GetProperty("stdout_truncated").GetBoolean());
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(output).Length, 10_000, JobLimits.PayloadBytes);
    }

    [Theory]
    [InlineData("""{}""", "with.command")]
    [InlineData("""{"command":["sh"]}""", "with.command")]
    [InlineData("""{"command":"sh","args":"-c"}""", "with.args")]
    [InlineData("""{"command":"sh","args":[{}]}""", "with.args[0]")]
    [InlineData("""{"command":"sh","env":{"LD_PRELOAD":"x.so"}}""", "with.env.LD_PRELOAD")]
    [InlineData("""{"command":"sh","env":{"PATH":"/tmp"}}""", "with.env.PATH")]
    [InlineData("""{"command":"sh","env":{"A=B":"x"}}""", "with.env.A=B")]
    [InlineData("""{"command":"sh","outputs":["a"]}""", "with.outputs[0]")]
    [InlineData("""{"command":"sh","outputs":[{"path":"a"},{"path":"a"}]}""", "with.outputs[1].path")]
    [InlineData("""{"command":"sh","outputs":[{"path":"../a"}]}""", "The artifact path '../a'")]
    [InlineData("""{"command":"sh","working_directory":"/etc"}""", "The artifact path '/etc'")]
    [InlineData("""{"command":"sh","working_directory":"missing"}""", "with.working_directory")]
    [InlineData("""{"command":"sh","success_exit_codes":[256]}""", "with.success_exit_codes[0]")]
    public async Task Run_NamesTheField_WhenItCannotBeUsed(string with, string expected)
    {
        var thrown = await Assert.ThrowsAsync<StepFailedException>(async () => await _handler.Run(new TestStepContext(with, _artifacts)));

        Assert.Equal((ErrorClass.InvalidInput, "INVALID_INPUT"), (thrown.Failure.Class, thrown.Failure.Code));
        Assert.StartsWith(expected, thrown.Message, StringComparison.Ordinal);
        Assert.Empty(Leftovers());
    }

    private async Task<StepResult.Completed> Run(object with) =>
        Assert.IsType<StepResult.Completed>(await _handler.Run(new TestStepContext(JsonSerializer.Serialize(with), _artifacts)));

    private Task<StepResult.Completed> RunShell(string script, string[]? outputs = null, string[]? arguments = null) => Run(new
    {
        command = "sh",
        args = (string[])["-c", script, "sh", .. arguments ?? []],
        outputs = (outputs ?? []).Select(path => new { path }),
    });

    private IEnumerable<string> Leftovers() => Directory.EnumerateFileSystemEntries(_root.Path, $"{ArtifactPath.TemporaryPrefix}*", SearchOption.AllDirectories);
}
