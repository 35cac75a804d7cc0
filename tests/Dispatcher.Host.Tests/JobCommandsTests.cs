using System.Text.Json;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Configuration;
using Dispatcher.Jobs;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Host.Tests;

public sealed class JobCommandsTests : IDisposable
{
    private readonly CommandRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Events_HaveNumbersFromOneWithoutGaps_WhenAJobHasEnded()
    {
        var id = await Ran("three.yaml", Samples.Three);
        var events = (await _run.OnData("job", "events", id, "-o", "json")).Json.EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(e => e.GetProperty("seq").GetInt32()));
        Assert.Equal("job.created", events[0].GetProperty("type").GetString());
        Assert.Equal(id, events[0].GetProperty("id").GetString());
        Assert.Equal("job.completed", events[^1].GetProperty("type").GetString());
        Assert.All(events, e => Assert.Equal(TimeSpan.Zero, e.GetProperty("at").GetDateTimeOffset().Offset));
        var table = await _run.OnData("job", "events", id);
        Assert.Equal(events.Count + 1, table.Lines.Count);
    }

    [Fact]
    public async Task State_IsTheFoldUpToAnEvent_WhenOneIsNamed()
    {
        var id = await Ran("three.yaml", Samples.Three);
        var first = (await _run.OnData("job", "state", id, "--at", "1")).Json;
        Assert.Equal(("queued", 1), (first.GetProperty("status").GetString(), first.GetProperty("sequence_nr").GetInt32()));
        var last = (await _run.OnData("job", "state", id)).Json;
        Assert.Equal("completed", last.GetProperty("status").GetString());
        Assert.Equal(["one", "two", "three"], last.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("id").GetString()));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1000")]
    public async Task State_Exits2_WhenTheEventDoesNotExist(string at)
    {
        var id = await Ran("three.yaml", Samples.Three);
        var output = await _run.OnData("job", "state", id, "--at", at);
        Assert.Equal(2, output.ExitCode);
        Assert.Contains("events 1 to ", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_Filters_ByStatusWorkflowAndLimit()
    {
        var ok = await Ran("three.yaml", Samples.Three);
        var bad = await Ran("failing.yaml", Samples.Failing);
        var newest = await Ran("three.yaml", Samples.Three);
        Assert.Equal([newest, bad, ok], (await _run.OnData("job", "list", "-o", "ids")).Lines);
        Assert.Equal([bad], (await _run.OnData("job", "list", "-o", "ids", "--status", "failed")).Lines);
        Assert.Equal([newest, ok], (await _run.OnData("job", "list", "-o", "ids", "--workflow", "three")).Lines);
        Assert.Equal([newest], (await _run.OnData("job", "list", "-o", "ids", "--limit", "1")).Lines);
        var rows = (await _run.OnData("job", "list", "-o", "json")).Json;
        Assert.Equal("failing", rows[1].GetProperty("workflow").GetString());
        Assert.StartsWith("JOB ", (await _run.OnData("job", "list")).Out, StringComparison.Ordinal);
        Assert.Equal(2, (await _run.OnData("job", "list", "--status", "done")).ExitCode);
    }

    [Fact]
    public async Task Show_TellsStepsAndFailure_WhenAJobFailed()
    {
        var id = await Ran("failing.yaml", Samples.Failing);
        var table = await _run.OnData("job", "show", id);
        Assert.Contains("failure   NO_CODEC: no such codec (permanent)", table.Out, StringComparison.Ordinal);
        Assert.Matches(@"bad +failed +1 ", table.Out);
        Assert.Equal("failed", (await _run.OnData("job", "show", id, "-o", "json")).Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Lookup_TakesAPrefix_WhenOnlyOneJobHasIt()
    {
        var id = await Ran("three.yaml", Samples.Three);
        var other = await Ran("three.yaml", Samples.Three);
        var common = id.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.Equal(id, (await _run.OnData("job", "show", id[..(common + 1)].ToUpperInvariant(), "-o", "ids")).Lines[0]);
        var ambiguous = await _run.OnData("job", "show", id[..common]);
        Assert.Equal(2, ambiguous.ExitCode);
        Assert.Contains(id, ambiguous.Error, StringComparison.Ordinal);
        Assert.Contains(other, ambiguous.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lookup_FindsAJob_WhoseIdIsTheLastWithItsPrefix()
    {
        const string Id = "019a0000-0000-7000-8000-00000000000f";
        await Ran("three.yaml", Samples.Three);
        var settings = new DispatcherSettings { DataDirectory = _run.Data, ArtifactsDirectory = _run.Data };
        using (var handlers = new HandlerSet(settings, TimeProvider.System))
        {
            await using var engine = await EmbeddedEngine.Open(settings, handlers, NullLoggerFactory.Instance, TimeProvider.System);
            var workflow = WorkflowDefinition.Parse(Samples.Three);
            await engine.Node.Workflows.Register(workflow);
            await engine.Node.Gateway.Submit(new JobSpec { Workflow = workflow.Reference }, new Principal("test"), JobId.Parse(Id));
        }

        Assert.Equal([Id], (await _run.OnData("job", "show", Id[..35], "-o", "ids")).Lines);
    }

    [Theory]
    [InlineData("0000", 4)]
    [InlineData("00000000-0000-7000-8000-000000000000", 4)]
    [InlineData("012", 2)]
    [InlineData("talk", 2)]
    public async Task Lookup_SaysWhatIsWrong_WhenNoJobIsMeant(string text, int exitCode)
    {
        await Ran("three.yaml", Samples.Three);
        Assert.Equal(exitCode, (await _run.OnData("job", "why", text)).ExitCode);
    }

    [Fact]
    public async Task Job_Exits4_WhenNothingEverRanInTheDirectory()
    {
        Assert.Equal(4, (await _run.OnData("job", "list")).ExitCode);
        Assert.False(Directory.Exists(_run.Data));
    }

    [Fact]
    public async Task Why_NamesThisProcess_WhileItRunsTheJob()
    {
        var signals = new StopSignals();
        JsonElement why = default;
        var file = _run.Write("nap.yaml", Samples.Sleeping("1h"));
        await _run.OnData(signals, ("nap sleeps", AskAndStop), "run", file);
        Assert.Equal(("time", Environment.ProcessId), (why.GetProperty("reason").GetString(), why.GetProperty("process_id").GetInt32()));
        Assert.Equal("nap", why.GetProperty("steps")[0].GetProperty("step").GetString());

        void AskAndStop()
        {
            var id = _run.OnData("job", "list", "-o", "ids").GetAwaiter().GetResult().Lines[0];
            why = _run.OnData("job", "why", id, "-o", "json").GetAwaiter().GetResult().Json;
            signals.Terminate();
        }
    }

    [Fact]
    public async Task Why_SaysThatNoProcessIsThere_WhenAJobWasLeft()
    {
        var signals = new StopSignals();
        await _run.OnData(signals, ("nap sleeps", signals.Terminate), "run", _run.Write("nap.yaml", Samples.Sleeping("1h")));
        var id = (await _run.OnData("job", "list", "-o", "ids")).Lines[0];
        var why = (await _run.OnData("job", "why", id, "-o", "json")).Json;
        Assert.Equal("no-process", why.GetProperty("reason").GetString());
        Assert.Contains($"dispatcher resume {id} --data {_run.Data}", why.GetProperty("goes_on_when").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_SaysApproval_WhenTheWorkflowWantsOne()
    {
        var signals = new StopSignals();
        await _run.OnData(signals, ("job created", signals.Terminate), "run", _run.Write("gated.yaml", Samples.Approval));
        var id = (await _run.OnData("job", "list", "-o", "ids")).Lines[0];
        Assert.Equal("approval", (await _run.OnData("job", "why", id, "-o", "json")).Json.GetProperty("reason").GetString());
    }

    private async Task<string> Ran(string file, string workflow) =>
        (await _run.OnData("run", _run.Write(file, workflow), "--json")).Json.GetProperty("job_id").GetString()!;
}
