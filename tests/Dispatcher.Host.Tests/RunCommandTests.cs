using System.Text.Json;
using Dispatcher.Host.Composition;

namespace Dispatcher.Host.Tests;

public sealed class RunCommandTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Run_WritesOneLineForEachEvent_WhenOutputIsNoTerminal()
    {
        var output = await _run.OnData("run", _run.Write("three.yaml", Samples.Three));
        Assert.Equal((0, ""), (output.ExitCode, output.Error));
        var events = output.Lines.TakeWhile(line => !line.StartsWith("Job ", StringComparison.Ordinal)).ToList();
        Assert.All(events, line => Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3} (job|step) ", line));
        Assert.Contains(events, line => line.EndsWith(" step two[2] started (attempt 1)", StringComparison.Ordinal));
        Assert.EndsWith(" job completed", events[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WritesOneResultObject_WhenAskedForJson()
    {
        var output = await _run.OnData("run", _run.Write("three.yaml", Samples.Three), "--json", "--input", "name=7", "--input", "count=7", "--input", "deep.on=true");
        Assert.Equal(0, output.ExitCode);
        var result = output.Json;
        Assert.Equal("completed", result.GetProperty("status").GetString());
        Assert.Equal("""{"count":7,"deep":{"on":true},"name":"7"}""", Sorted(result.GetProperty("output")));
        Assert.Equal(JsonValueKind.Null, result.GetProperty("error").ValueKind);
        Assert.True(result.GetProperty("duration_ms").GetInt64() >= 0);
        Assert.Equal(["one", "two", "three"], result.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("id").GetString()));
        Assert.Equal(3, result.GetProperty("steps")[1].GetProperty("attempts").GetInt32());
        Assert.Empty(result.GetProperty("artifacts").EnumerateArray());
    }

    [Fact]
    public async Task Run_RefusesAWorkflowForExternalWorkers_WhomNobodyWouldServe()
    {
        var output = await _run.OnData("run", _run.Write("outside.yaml", "name: outside\nversion: 1\nsteps: [ { id: one, uses: worker, with: { queue: a } } ]"));
        Assert.Equal(2, output.ExitCode);
        Assert.Contains("dispatcher serve", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ApprovesTheJobInTheUsersName_WhenAsked()
    {
        var output = await _run.OnData("run", _run.Write("approval.yaml", "name: careful\nversion: 1\napproval: required\nsteps: [ { id: a, uses: noop } ]"), "--approve");
        Assert.Equal(0, output.ExitCode);
        Assert.Contains(output.Lines, line => line.Contains($"job approved by {Environment.UserName}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_Exits1AndSaysWhy_WhenTheJobFails()
    {
        var output = await _run.OnData("run", _run.Write("failing.yaml", Samples.Failing));
        Assert.Equal(1, output.ExitCode);
        Assert.Contains("NO_CODEC: no such codec (permanent)", output.Out, StringComparison.Ordinal);
        var json = (await _run.OnData("run", "failing.yaml", "--json")).Json;
        Assert.Equal("NO_CODEC", json.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("permanent", json.GetProperty("error").GetProperty("class").GetString());
        Assert.Equal("skipped", json.GetProperty("steps")[2].GetProperty("status").GetString());
    }

    [Fact]
    public async Task Run_ListsAllFaultsWithPlaces_WhenTheWorkflowIsWrong()
    {
        _run.Write("bad.yaml", "name: Bad\nversion: 0\nsteps:\n  - { id: a, uses: nop, needs: [b] }\n");
        var output = await _run.OnData("run", "bad.yaml");
        Assert.Equal((2, ""), (output.ExitCode, output.Out));
        Assert.Matches(@"bad\.yaml:1:\d+: ", output.Error);
        Assert.Matches(@"bad\.yaml:2:\d+: ", output.Error);
        Assert.Matches(@"bad\.yaml:4:\d+: ", output.Error);
        Assert.False(Directory.Exists(_run.Data));
    }

    [Fact]
    public async Task Run_ListsAllFaults_WhenTheInputDoesNotFit()
    {
        var output = await _run.OnData("run", _run.Write("three.yaml", Samples.Three), "--input", "count=many", "--input", "nmae=x");
        Assert.Equal(2, output.ExitCode);
        Assert.Contains("2 faults", output.Error, StringComparison.Ordinal);
        Assert.Contains("count", output.Error, StringComparison.Ordinal);
        Assert.Contains("nmae", output.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "missing.yaml")]
    [InlineData("run")]
    [InlineData("job", "show", "nope")]
    [InlineData("nonsense")]
    public async Task Command_Exits2WithOneSentence_WhenItIsWrong(params string[] args)
    {
        var output = await _run.Run(args);
        Assert.Equal((args is ["job", ..] ? 4 : 2, ""), (output.ExitCode, output.Out));
        Assert.NotEmpty(output.Error);
        Assert.DoesNotContain("   at ", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_MakesPathsAbsolute_WhenTheSchemaSaysFormatPath()
    {
        var output = await _run.OnData("run", _run.Write("three.yaml", Samples.Three), "--json", "--input", "file=sub/talk one.mp4", "--input", "name=sub/x");
        Assert.Equal(Path.Combine(_run.Directory, "sub/talk one.mp4"), output.Json.GetProperty("output").GetProperty("file").GetString());
        Assert.Equal("sub/x", output.Json.GetProperty("output").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Run_PutsPairsOverTheFile_WhenBothAreGiven()
    {
        _run.Write("input.json", """{ "name": "file", "deep": { "text": "kept", "on": false } }""");
        var output = await _run.OnData("run", _run.Write("three.yaml", Samples.Three), "--json", "--input-file", "input.json", "--input", "deep.on=true");
        Assert.Equal("""{"deep":{"on":true,"text":"kept"},"name":"file"}""", Sorted(output.Json.GetProperty("output")));
    }

    [Fact]
    public async Task Run_ListsFilesWithTheirHash_WhenStepsLeaveSome()
    {
        _run.Set("DISPATCHER__PROCESS__ALLOWED_COMMANDS", "cp");
        _run.Write("words.txt", "to be or not");
        _run.Write("copy.yaml", """
            name: copy
            version: 1
            input: { type: object, required: [file], properties: { file: { type: string, format: path } } }
            steps:
              - id: copy
                uses: process.run
                with: { command: cp, args: ["${input.file}", "${artifacts.path('out/words.txt')}"], outputs: [{ name: words, path: out/words.txt }] }
            """);
        var result = (await _run.OnData("run", "copy.yaml", "--json", "--input", "file=words.txt")).Json;
        var artifact = Assert.Single(result.GetProperty("artifacts").EnumerateArray());
        Assert.Equal(("copy", "words", 12), (artifact.GetProperty("step").GetString(), artifact.GetProperty("name").GetString(), artifact.GetProperty("bytes").GetInt32()));
        var file = Path.Combine(result.GetProperty("artifacts_directory").GetString()!, artifact.GetProperty("path").GetString()!);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))), artifact.GetProperty("sha256").GetString());
        Assert.Matches("out/words.txt +12 B", (await _run.OnData("job", "show", result.GetProperty("job_id").GetString()!)).Out);
    }

    [Fact]
    public async Task Run_GivesTheFirstJob_WhenTheKeyWasUsed()
    {
        _run.Write("three.yaml", Samples.Three);
        var first = await _run.OnData("run", "three.yaml", "--json", "--key", "k1");
        var second = await _run.OnData("run", "three.yaml", "--json", "--key", "k1");
        Assert.Equal(first.Json.GetProperty("job_id").GetString(), second.Json.GetProperty("job_id").GetString());
        Assert.Equal(0, second.ExitCode);
        Assert.Contains("k1", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RefusesAChangedDefinition_UntilItsVersionIsRaised()
    {
        await _run.OnData("run", _run.Write("three.yaml", Samples.Three));
        var changed = await _run.OnData("run", _run.Write("three.yaml", Samples.Three.Replace("[1, 2, 3]", "[1, 2]", StringComparison.Ordinal)));
        Assert.Equal(2, changed.ExitCode);
        Assert.Contains("version: 2", changed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SaysWhichProcess_WhenTheDataDirectoryIsInUse()
    {
        var signals = new StopSignals();
        CommandRun.Output? second = null;
        _run.Write("three.yaml", Samples.Three);
        var first = await _run.OnData(signals, ("nap sleeps", () => second = _run.OnData("run", "three.yaml").GetAwaiter().GetResult()), "run", _run.Write("nap.yaml", Samples.Sleeping("50ms")));
        Assert.Equal(0, first.ExitCode);
        Assert.Equal(1, second!.ExitCode);
        Assert.Contains($"is in use by the process {Environment.ProcessId}", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CancelsTheJobAndExits130_WhenInterrupted()
    {
        var signals = new StopSignals();
        var output = await _run.OnData(signals, ("nap sleeps", signals.Interrupt), "run", _run.Write("nap.yaml", Samples.Sleeping("1h")));
        Assert.Equal(130, output.ExitCode);
        Assert.Contains("job cancelled by", output.Out, StringComparison.Ordinal);
        var list = await _run.OnData("job", "list", "-o", "json");
        Assert.Equal("cancelled", list.Json[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task Run_LeavesAtOnce_WhenInterruptedTwice()
    {
        var signals = new StopSignals();
        var output = await _run.OnData(signals, ("nap sleeps", () => { signals.Interrupt(); signals.Interrupt(); }), "run", _run.Write("nap.yaml", Samples.Sleeping("1h")));
        Assert.Equal(130, output.ExitCode);
        Assert.Matches("Left at once. Go on with: dispatcher resume [0-9a-f-]{36}", output.Error);
    }

    [Fact]
    public async Task Run_StopsCleanlyAndTellsHowToGoOn_WhenTerminated()
    {
        var signals = new StopSignals();
        var output = await _run.OnData(signals, ("nap sleeps", signals.Terminate), "run", _run.Write("nap.yaml", Samples.Sleeping("1h")));
        Assert.Equal(0, output.ExitCode);
        Assert.Matches("dispatcher resume [0-9a-f-]{36} --data ", output.Error);
        Assert.Equal(["running"], (await _run.OnData("job", "list", "-o", "json")).Json.EnumerateArray().Select(job => job.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Config_RefusesAllFaults_WhenTheFileIsWrong()
    {
        _run.Write("my.conf", "dispatcher { envv = dev, render.max-concurrency = none }");
        var output = await _run.Run("config", "--config", "my.conf", "--check");
        Assert.Equal((2, ""), (output.ExitCode, output.Out));
        Assert.Contains("my.conf:1", output.Error, StringComparison.Ordinal);
        Assert.Contains("2 faults", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_ShowsValueAndOrigin_WhenAskedForNothingElse()
    {
        _run.Set("DISPATCHER__RENDER__MAX_CONCURRENCY", "3");
        var output = await _run.Run("config");
        Assert.Matches(@"dispatcher\.render\.max-concurrency +3 +environment variable DISPATCHER__RENDER__MAX_CONCURRENCY", output.Out);
        Assert.Matches(@"dispatcher\.render\.start-delay +1000 ms +reference\.conf:\d+", output.Out);
    }

    [Fact]
    public async Task Help_ShowsCommandsAndExamples_WhenNothingIsAsked()
    {
        var output = await _run.Run();
        Assert.Equal(0, output.ExitCode);
        Assert.Contains("resume", output.Out, StringComparison.Ordinal);
        Assert.Contains("Examples:", output.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "--key")]
    [InlineData("resume", "[<JOB>]")]
    [InlineData("job why", "-o")]
    public async Task Help_ShowsAllOptions_WhenOneCommandIsAsked(string command, string text)
    {
        var output = await _run.Run([.. command.Split(' '), "--help"]);
        Assert.Equal((0, ""), (output.ExitCode, output.Error));
        Assert.Contains(text, output.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WorkflowCheck_Exits0Or2_AsTheFileIs()
    {
        Assert.Equal(0, (await _run.Run("workflow", "check", _run.Write("three.yaml", Samples.Three))).ExitCode);
        Assert.Equal(2, (await _run.Run("workflow", "check", _run.Write("bad.yaml", "name: x"))).ExitCode);
    }

    [Fact]
    public async Task WorkflowCheck_ReadsAStateMachine_WithTheCapabilitiesOfItsConfiguration()
    {
        var machine = _run.Write("pipeline.asl.json", """{ "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": "${SomeFunctionArn}", "End": true } } }""");
        var bound = await _run.Run("workflow", "check", machine, "--config", _run.Write("bound.conf", "dispatcher.capabilities { some = noop }"));
        Assert.Equal((0, ""), (bound.ExitCode, bound.Error));
        Assert.StartsWith("pipeline version 1: 1 steps, no faults", bound.Out, StringComparison.Ordinal);
        var unbound = await _run.Run("workflow", "check", machine);
        Assert.Equal(2, unbound.ExitCode);
        Assert.Contains("there is no handler 'some'", unbound.Error, StringComparison.Ordinal);
        var wrong = await _run.Run("workflow", "check", machine, "--config", _run.Write("wrong.conf", "dispatcher.capabilities { some = nop }"));
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("dispatcher.capabilities: The capability 'some' is bound to 'nop', and there is no such handler (did you mean 'noop'?).", wrong.Error, StringComparison.Ordinal);
    }

    private static string Sorted(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object
            ? $"{{{string.Join(',', value.EnumerateObject().OrderBy(field => field.Name, StringComparer.Ordinal).Select(field => $"\"{field.Name}\":{Sorted(field.Value)}"))}}}"
            : value.GetRawText();
}
