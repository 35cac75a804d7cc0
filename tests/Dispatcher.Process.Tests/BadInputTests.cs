using Dispatcher.Process.Tests.Support;

namespace Dispatcher.Process.Tests;

/// <summary>Wrong commands, workflows, inputs and settings: the exit code, and a message that says what is wrong, where, and what to do.</summary>
public sealed class BadInputTests : IDisposable
{
    private const string WithInput = """
        name: with-input
        version: 1
        input: { type: object, required: [video], additionalProperties: false, properties: { video: { type: string }, size: { type: integer } } }
        steps:
          - { id: a, uses: noop }

        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Run_NamesTheFile_WhenThereIsNoSuchWorkflow()
    {
        var result = await Run("nowhere/flow.yaml");
        Refusal.Assert(result, 2, "nowhere/flow.yaml", "cannot be read");
        Assert.False(Directory.Exists(_directory.Data), "A command that was refused leaves nothing behind.");
    }

    [Theory]
    [InlineData("a cycle", "  - { id: a, uses: noop, needs: [b] }\n  - { id: b, uses: noop, needs: [a] }\n", "flow.yaml:4", "wait for each other", "a -> b -> a")]
    [InlineData("an unknown handler", "  - { id: a, uses: media.extract-audoi }\n", "flow.yaml:4", "media.extract-audoi", "media.extract-audio")]
    [InlineData("a wrong type in with", "  - { id: a, uses: delay, with: { seconds: soon } }\n", "flow.yaml:4", "seconds", "number")]
    [InlineData("an unknown field in with", "  - { id: a, uses: delay, with: { secconds: 1 } }\n", "flow.yaml:4", "secconds")]
    [InlineData("a need that is no step", "  - { id: a, uses: noop, needs: [nobody] }\n", "flow.yaml:4", "nobody")]
    [InlineData("no steps", "", "flow.yaml:3", "steps")]
    public async Task Run_NamesThePlace_WhenTheWorkflowHas(string what, string steps, params string[] words)
    {
        _directory.Write("flow.yaml", $"name: flow # {what}\nversion: 1\nsteps:\n{steps}");
        Refusal.Assert(await Run("flow.yaml"), 2, words);
    }

    [Fact]
    public async Task Run_NamesThePlace_WhenTheWorkflowIsNoYaml()
    {
        _directory.Write("flow.yaml", "name: flow\nsteps: [ { id: a\n");
        Refusal.Assert(await Run("flow.yaml"), 2, "flow.yaml:");
    }

    [Fact]
    public async Task Run_NamesTheField_WhenAnInputIsMissing()
    {
        _directory.Write("flow.yaml", WithInput);
        Refusal.Assert(await Run("flow.yaml"), 2, "video", "with-input");
    }

    [Fact]
    public async Task Run_NamesTheField_WhenAnInputIsUnknown()
    {
        _directory.Write("flow.yaml", WithInput);
        Refusal.Assert(await Run("flow.yaml", "--input", "video=a.mp4", "--input", "vidoe=b.mp4"), 2, "vidoe");
    }

    [Fact]
    public async Task Run_NamesTheField_WhenAnInputHasTheWrongType()
    {
        _directory.Write("flow.yaml", WithInput);
        Refusal.Assert(await Run("flow.yaml", "--input", "video=a.mp4", "--input", "size=big"), 2, "size", "integer");
    }

    [Fact]
    public async Task Run_NamesTheFile_WhenTheInputFileIsNoJson()
    {
        _directory.Write("flow.yaml", WithInput);
        _directory.Write("input.json", "{ video: ");
        Refusal.Assert(await Run("flow.yaml", "--input-file", "input.json"), 2, "input.json");
    }

    [Fact]
    public async Task Run_NamesTheKeyAndItsFile_WhenASettingIsUnknown()
    {
        _directory.Write("flow.yaml", SmallWorkflows.Naps(1, 1));
        _directory.Write("my.conf", "dispatcher {\n  render.max-concurency = 2\n}\n");
        Refusal.Assert(await Run("flow.yaml", "--config", "my.conf"), 2, "my.conf:2", "max-concurency", "max-concurrency");
    }

    [Fact]
    public async Task Run_NamesTheVariable_WhenASettingOfTheEnvironmentIsWrong()
    {
        _directory.Write("flow.yaml", SmallWorkflows.Naps(1, 1));
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["DISPATCHER__RENDER__MAX_CONCURRENCY"] = "many" };
        var result = await DispatcherProcess.Run(_directory.Path, environment, "run", "flow.yaml", "--data", _directory.Data);
        Refusal.Assert(result, 2, "DISPATCHER__RENDER__MAX_CONCURRENCY", "many");
    }

    [Fact]
    public async Task Run_NamesTheDirectory_WhenItsParentIsMissing()
    {
        _directory.Write("flow.yaml", SmallWorkflows.Naps(1, 1));
        Refusal.Assert(await Run("flow.yaml", _directory.In("no/such/data")), 1, "no/such/data", "cannot be made");
    }

    [Fact]
    public async Task Run_NamesTheDirectory_WhenItIsAFile()
    {
        _directory.Write("flow.yaml", SmallWorkflows.Naps(1, 1));
        Refusal.Assert(await Run("flow.yaml", _directory.Write("a-file", "")), 1, "a-file", "data directory");
    }

    [Fact]
    public async Task Run_NamesTheFile_WhenTheDatabaseIsNone()
    {
        _directory.Write("flow.yaml", SmallWorkflows.Naps(1, 1));
        Directory.CreateDirectory(_directory.Data);
        await File.WriteAllTextAsync(Path.Combine(_directory.Data, "dispatcher.db"), string.Concat(Enumerable.Repeat("This is no database. ", 1000)));
        Refusal.Assert(await Run("flow.yaml"), 1, "dispatcher.db");
    }

    [Fact]
    public async Task Resume_SaysSo_WhenThereIsNothingToResume() =>
        Refusal.Assert(await DispatcherProcess.Run(_directory.Path, "resume", "--data", _directory.Data), 4, "nothing to resume", _directory.Data);

    private Task<ProcessResult> Run(string workflow, params string[] more) => more is [['/', ..]]
        ? DispatcherProcess.Run(_directory.Path, "run", workflow, "--data", more[0])
        : DispatcherProcess.Run(_directory.Path, ["run", workflow, "--data", _directory.Data, .. more]);
}
